//! The words of a DOT file: names, brackets, arrows; comments and blanks are skipped.

use std::borrow::Cow;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name that may be a keyword.
    Word(&'t str),
    /// A name that is none: a number, a quoted one, or one in angle brackets.
    Name(Cow<'t, str>),
    /// `--`.
    Edge,
    /// `->`.
    Arc,
    /// One of `{ } [ ] ; , = : +`.
    Mark(char),
    End,
}

/// Walks through the text.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// The line of the word that was read last.
    line: u64,
}

/// Whether a name can begin with a character.
fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line of the word that was read last, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn advance(&mut self, bytes: usize) {
        let passed = &self.text.as_bytes()[self.at..self.at + bytes];
        self.line += passed.iter().filter(|&&b| b == b'\n').count() as u64;
        self.at += bytes;
    }

    /// Skips blanks and comments: `//`, `/* */`, and lines that begin with `#`.
    fn skip(&mut self) -> Result<(), &'static str> {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start().len();
            if blanks > 0 {
                self.advance(blanks);
                continue;
            }
            let line = || rest.find('\n').unwrap_or(rest.len());
            let line_begins = self.text[..self.at]
                .rsplit('\n')
                .next()
                .is_none_or(|before| before.trim().is_empty());
            if rest.starts_with("//") || rest.starts_with('#') && line_begins {
                self.advance(line());
            } else if let Some(comment) = rest.strip_prefix("/*") {
                let end = comment.find("*/").ok_or("the end of the comment, \"*/\"")?;
                self.advance(end + 4);
            } else {
                return Ok(());
            }
        }
    }

    /// The next word, or what was expected where there is none.
    pub(super) fn next(&mut self) -> Result<Token<'t>, &'static str> {
        self.skip()?;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        if rest.starts_with("--") || rest.starts_with("->") {
            self.advance(2);
            return Ok(if rest.starts_with("--") { Token::Edge } else { Token::Arc });
        }
        match first {
            '{' | '}' | '[' | ']' | ';' | ',' | '=' | ':' | '+' => {
                self.advance(1);
                Ok(Token::Mark(first))
            }
            '"' => self.quoted(),
            '<' => self.html(),
            '-' | '.' | '0'..='9' => self.number(),
            _ if begins_word(first) => {
                let inside = |c: char| begins_word(c) || c.is_ascii_digit();
                let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
                self.advance(end);
                Ok(Token::Word(&rest[..end]))
            }
            _ => Err("a name, or one of { } [ ] ; , = : --"),
        }
    }

    /// `-?(.[0-9]+|[0-9]+(.[0-9]*)?)`, which a letter must not follow: Graphviz reads two names there.
    fn number(&mut self) -> Result<Token<'t>, &'static str> {
        let rest = self.rest();
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let sign = usize::from(rest.starts_with('-'));
        let whole = digits(&rest[sign..]);
        let mut end = sign + whole;
        let mut fraction = 0;
        if rest[end..].starts_with('.') {
            fraction = digits(&rest[end + 1..]);
            end += 1 + fraction;
        }
        let follows = rest[end..].chars().next();
        if whole + fraction == 0 || follows.is_some_and(|c| begins_word(c) || c == '.') {
            return Err("a number, and a blank behind it (other names are quoted)");
        }
        self.advance(end);
        Ok(Token::Name(rest[..end].into()))
    }

    /// A quoted name: `\"` is a quotation mark, and a backslash at the end of a line joins the next.
    fn quoted(&mut self) -> Result<Token<'t>, &'static str> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut end = 1;
        loop {
            match bytes.get(end) {
                None => return Err("a closing quotation mark"),
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        let inside = &rest[1..end];
        self.advance(end + 1);
        if !inside.contains('\\') {
            return Ok(Token::Name(inside.into()));
        }
        let joined = inside.replace("\\\r\n", "").replace("\\\n", "");
        let mut name = String::with_capacity(joined.len());
        let mut characters = joined.chars().peekable();
        while let Some(c) = characters.next() {
            match characters.peek() {
                Some('"') if c == '\\' => {}
                // A pair of backslashes is no sign that a mark follows.
                Some('\\') if c == '\\' => {
                    name.push(c);
                    name.extend(characters.next());
                }
                _ => name.push(c),
            }
        }
        Ok(Token::Name(name.into()))
    }

    /// A name in angle brackets, which may be nested; it keeps the outer ones, as it differs from the
    /// same text in quotation marks.
    fn html(&mut self) -> Result<Token<'t>, &'static str> {
        let rest = self.rest();
        let mut depth = 0u32;
        for (at, b) in rest.bytes().enumerate() {
            match b {
                b'<' => depth += 1,
                b'>' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.advance(at + 1);
                return Ok(Token::Name(rest[..=at].into()));
            }
        }
        Err("a closing angle bracket")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Token<'_>>, &'static str> {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        loop {
            match lexer.next()? {
                Token::End => return Ok(tokens),
                token => tokens.push(token),
            }
        }
    }

    #[test]
    fn words_and_comments() {
        let name = |name: &'static str| Token::Name(name.into());
        let found = all(
            "# c\n/* a\nb */ a--01 // x\n -.5 \"say \\\"hi\\\" \\\\\" \"a\\\nb\" <<b>x</b>>;1.[Zü_9]",
        );
        let expected = vec![
            Token::Word("a"),
            Token::Edge,
            name("01"),
            name("-.5"),
            name("say \"hi\" \\\\"),
            name("ab"),
            name("<<b>x</b>>"),
            Token::Mark(';'),
            name("1."),
            Token::Mark('['),
            Token::Word("Zü_9"),
            Token::Mark(']'),
        ];
        assert_eq!(found, Ok(expected));
        for text in ["\"a", "\"a\\", "<a<b>", "/* a", "1a", "1.2.3", "-", "a & b", ".", "\"\\\""] {
            assert!(all(text).is_err(), "{text}");
        }
    }
}
