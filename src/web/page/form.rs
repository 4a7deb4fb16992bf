//! What forms show beside their inputs: errors and options.

/// The values that were refused, by the id of their input.
#[derive(Clone, Default)]
pub struct FormErrors(Vec<FieldError>);

/// Why one value was refused, and what would work.
#[derive(Clone)]
pub struct FieldError {
    /// The id of the input, which is also its name; empty when the error belongs to no single one.
    pub field: &'static str,
    pub message: String,
}

/// One option of a select, a group of radio buttons or a group of checkboxes.
#[derive(Clone)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// One sentence, or empty.
    pub help: String,
    pub is_chosen: bool,
}

impl FormErrors {
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds what is wrong with the input of this id. An empty id is for what is wrong with no single one.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field, message: message.into() });
    }

    pub fn with(mut self, field: &'static str, message: impl Into<String>) -> Self {
        self.add(field, message);
        self
    }

    /// The same, where the input for `member` has another id.
    pub fn renamed(mut self, member: &str, input: &'static str) -> Self {
        for error in self.0.iter_mut().filter(|error| error.field == member) {
            error.field = input;
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with this input.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// In the order in which they were added.
    pub fn all(&self) -> &[FieldError] {
        &self.0
    }
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>, help: impl Into<String>, is_chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), help: help.into(), is_chosen }
    }
}
