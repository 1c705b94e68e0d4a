//! Keywords to settings, by the solver's own table of them: what a row takes as a text it takes here, and a
//! number or a list of words in its place.

use crate::failure;
use prism_solver::Settings;
use prism_solver::settings::{Row, SettingError, TABLE, Takes};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyString};

/// What a keyword is called in Python: as its row, but for the number of colours to stop at.
fn keyword(row: &Row) -> String {
    match row.name {
        "target-colors" => "target".to_owned(),
        name => name.replace('-', "_"),
    }
}

/// The keywords: name, default as a text or `None`, and what it does.
#[pyfunction]
pub fn settings() -> Vec<(String, Option<&'static str>, &'static str)> {
    TABLE.iter().map(|row| (keyword(row), row.default, row.help)).collect()
}

/// What these keywords set; `None` leaves a default.
///
/// # Errors
/// `TypeError` for a keyword that does not exist or an object of a type that it does not take; `ValueError` for
/// a value that it does not take.
pub fn read(keywords: &Bound<'_, PyDict>) -> PyResult<Settings> {
    let mut settings = Settings::default();
    for (name, value) in keywords.iter() {
        let name: String = name.extract()?;
        let row = TABLE.iter().find(|row| keyword(row) == name);
        let row = row.ok_or_else(|| PyTypeError::new_err(format!("unknown keyword {name}")))?;
        if value.is_none() {
            continue;
        }
        let text = text(row, &value)?.ok_or_else(|| {
            let kind = value.get_type().name().map_or("?".to_owned(), |kind| kind.to_string());
            PyTypeError::new_err(format!("{name}: expected {}, not {kind}", expected(row)))
        })?;
        settings.set(row.name, &text).map_err(|error| match error {
            SettingError::Value { rule, .. } => failure::value(format!("{name}: {rule}")),
            other => failure::value(other.to_string()),
        })?;
    }
    Ok(settings)
}

/// What a row takes.
fn expected(row: &Row) -> &'static str {
    match row.takes {
        Takes::YesOrNo { .. } => "True or False",
        Takes::Text("TIME") => "a number of seconds",
        Takes::Text("DEVICE") | Takes::Word(..) => "a string",
        Takes::Words(..) => "a list of strings",
        Takes::Text(_) => "an integer",
    }
}

/// A value as a text, if it is of a type that the row takes.
fn text(row: &Row, value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let string = |value: &Bound<'_, PyAny>| value.extract::<String>().ok();
    if value.is_instance_of::<PyBool>() {
        let yes_or_no = if value.is_truthy()? { "yes" } else { "no" };
        return Ok(matches!(row.takes, Takes::YesOrNo { .. }).then(|| yes_or_no.to_owned()));
    }
    if value.is_instance_of::<PyString>() {
        return Ok((!matches!(row.takes, Takes::YesOrNo { .. })).then(|| string(value)).flatten());
    }
    match row.takes {
        Takes::Words(..) => {
            let words: Option<Vec<String>> = match value.try_iter() {
                Ok(items) => items.map(|item| Ok(string(&item?))).collect::<PyResult<_>>()?,
                Err(_) => None,
            };
            Ok(words.map(|words| words.join(",")))
        }
        Takes::Text("TIME") => match value.extract::<f64>() {
            // In full, as exponents are not read.
            Ok(seconds) => Ok(Some(seconds.to_string())),
            Err(_) => Ok(None),
        },
        Takes::Text("DEVICE") | Takes::Word(..) | Takes::YesOrNo { .. } => Ok(None),
        Takes::Text(_) if value.is_instance_of::<PyFloat>() => Ok(None),
        // An int, or what stands for one.
        Takes::Text(_) => match value.call_method0("__index__") {
            Ok(number) => Ok(Some(number.str()?.to_string())),
            Err(_) => Ok(None),
        },
    }
}
