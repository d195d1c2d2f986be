//! Values of enums: what is there of them, and what statements of the run make of that.

use std::collections::BTreeMap;

use dbwright_core::Failure;

use super::told::Refusal;
use crate::ddl::{Act, Name, Object};
use crate::migrate::plan::Catalog;
use crate::migrate::plan::name::{literal, written};

/// The enums that statements of the run made or changed; none of a name when it is not certain.
#[derive(Debug, Default)]
pub(super) struct Enums(BTreeMap<String, (Option<String>, Option<Vec<String>>)>);

impl Enums {
    /// The values of an enum before a statement.
    async fn of(&self, catalog: &Catalog<'_>, name: &Name) -> Result<Option<Vec<String>>, Failure> {
        if let Some((schema, values)) = self.0.get(&name.name) {
            return Ok(values.clone().filter(|_| *schema == name.schema));
        }
        let own = literal(&written(name));
        let labels = catalog
            .texts(&format!("SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = pg_catalog.to_regtype({own}) ORDER BY e.enumsortorder"))
            .await?;
        Ok((!labels.is_empty()).then_some(labels))
    }

    /// The values of an enum that the run made or changed.
    pub(super) fn changed(&self, name: &Name) -> Option<&Vec<String>> {
        let (schema, values) = self.0.get(&name.name)?;
        values.as_ref().filter(|_| *schema == name.schema)
    }

    /// Takes in what a statement does.
    pub(super) async fn note(&mut self, catalog: &Catalog<'_>, act: &Act) -> Result<(), Failure> {
        let (name, values) = match act {
            Act::CreateType { name, values } => {
                let twice = self.0.contains_key(&name.name);
                (name, Some(values.clone()).filter(|values| !twice && !values.is_empty()))
            }
            Act::AddEnumValue { name, value, .. } => {
                let mut values = self.of(catalog, name).await?;
                if let Some(values) = values.as_mut().filter(|values| !values.contains(value)) {
                    values.push(value.clone());
                }
                (name, values)
            }
            Act::RenameEnumValue { name, from, to } => {
                let mut values = self.of(catalog, name).await?;
                let renamed = values.iter_mut().flatten().find(|value| *value == from);
                if let Some(value) = renamed {
                    value.clone_from(to);
                }
                (name, values)
            }
            Act::AlterOther { object: Object::Type, name, text } => {
                for word in crate::migrate::names::words_of(text) {
                    self.0.insert(word, (None, None));
                }
                (name, None)
            }
            Act::Drop { object: Object::Type, names, .. } => {
                self.0.extend(names.iter().map(|name| (name.name.clone(), (None, None))));
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.0.insert(name.name.clone(), (name.schema.clone(), values));
        Ok(())
    }

    /// What the server will say against a new value.
    pub(super) async fn add(
        &self,
        catalog: &Catalog<'_>,
        (name, value, beside): (&Name, &String, Option<&String>),
        may_be: bool,
        at: usize,
    ) -> Result<Option<Refusal>, Failure> {
        let Some(values) = self.of(catalog, name).await? else { return Ok(None) };
        if values.contains(value) {
            let message = format!("the enum {} has the value {} already", written(name), literal(value));
            let way = "IF NOT EXISTS lets it be; else write another value";
            return Ok((!may_be).then(|| Refusal::new("migrate.value-taken", at, message, way)));
        }
        Ok(beside.filter(|beside| !values.contains(beside)).map(|beside| no_value(name, beside, &values, at)))
    }

    /// What the server will say against another name for a value.
    pub(super) async fn rename(
        &self,
        catalog: &Catalog<'_>,
        (name, from, to): (&Name, &String, &String),
        at: usize,
    ) -> Result<Option<Refusal>, Failure> {
        let Some(values) = self.of(catalog, name).await? else { return Ok(None) };
        if !values.contains(from) {
            return Ok(Some(no_value(name, from, &values, at)));
        }
        let message = format!("the enum {} has the value {} already", written(name), literal(to));
        Ok(values.contains(to).then(|| Refusal::new("migrate.value-taken", at, message, "write another value")))
    }
}

/// The refusal of a value that an enum does not have.
pub(super) fn no_value(name: &Name, value: &str, values: &[String], at: usize) -> Refusal {
    let message = format!("the enum {} has no value {}", written(name), literal(value));
    let all = values.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
    let refusal = Refusal::new("migrate.no-value", at, message, format!("its values are {all}"));
    refusal.near(value, values.iter().map(String::as_str))
}
