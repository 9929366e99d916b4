//! The structures of draft-ietf-mls-extensions, revision 09 and the working group's copy after it.

mod app_data_dictionary;

pub use app_data_dictionary::{AppDataDictionary, ComponentData};
