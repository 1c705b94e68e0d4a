//! The fields of one object, shown to a person or to a machine.

use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// Writes the fields of `object` one a line, or as one line of JSON.
pub fn write(out: &mut dyn Write, object: &impl Serialize, json: bool) -> io::Result<()> {
    if json {
        serde_json::to_writer(&mut *out, object)?;
        return writeln!(out);
    }
    let value = serde_json::to_value(object)?;
    let Some(fields) = value.as_object() else { return writeln!(out, "{value}") };
    let width = fields.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in fields {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Value::Null => "none".to_owned(),
            Value::Number(number) if number.is_f64() => {
                format!("{:.4}", number.as_f64().unwrap_or(f64::NAN))
            }
            Value::Array(items) if items.is_empty() => continue,
            Value::Array(items) => {
                let items = items.iter().map(|item| match item {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                items.collect::<Vec<_>>().join(" ")
            }
            other => other.to_string(),
        };
        writeln!(out, "{:<width$}  {shown}", name.replace('_', " "))?;
    }
    Ok(())
}
