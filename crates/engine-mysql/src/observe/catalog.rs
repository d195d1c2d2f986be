//! The catalog, from the plain tables of `information_schema` one by one, put together here: joined there they take
//! minutes on a server with ten thousand tables.

use std::collections::{BTreeMap, HashMap};

use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, ObjectId, Table, Writes};

use super::session::Session;
use super::{columns, constraints, indexes, objects, tables};
use crate::body::{IndexFacts, Routine, Schema, TableFacts, ZoneUser};
use crate::flavour::Server;

/// The catalog in the making.
pub(super) struct Parts {
    pub(super) schemas: Vec<Schema>,
    pub(super) catalog: Catalog,
    pub(super) tables: BTreeMap<ObjectId, TableFacts>,
    pub(super) indexes: BTreeMap<ObjectId, IndexFacts>,
    /// Places of tables by schema and name.
    places: HashMap<(String, String), usize>,
    /// What names time zones.
    pub(super) zone_users: Vec<ZoneUser>,
    pub(super) routines: Vec<Routine>,
    /// Which schemas are looked at, as a condition on a column.
    pub(super) filter: Filter,
}

/// Which schemas are looked at: the one that the address names, or all of the user's.
pub(super) struct Filter {
    condition: String,
}

impl Filter {
    fn of(server: &Server) -> Self {
        let literal = |name: &&str| Dialect::Mysql.literal(name);
        let condition = if let Some(name) = &server.database {
            format!("= {}", Dialect::Mysql.literal(name))
        } else {
            let system: Vec<String> = server.flavour.system_schemas().iter().map(literal).collect();
            format!("NOT IN ({})", system.join(", "))
        };
        Self { condition }
    }

    /// The condition on a column of `information_schema`.
    pub(super) fn on(&self, column: &str) -> String {
        format!("{column} {}", self.condition)
    }
}

impl Parts {
    /// Finds a table and its figures.
    pub(super) fn find(&mut self, schema: &str, name: &str) -> Option<(&mut Table, &mut TableFacts)> {
        let place = *self.places.get(&(schema.to_owned(), name.to_owned()))?;
        let table = self.catalog.tables.get_mut(place)?;
        let facts = self.tables.get_mut(&table.id)?;
        Some((table, facts))
    }

    /// Gives the tables their writes, where the performance schema counted them one by one.
    pub(super) fn count_writes(&mut self, server: &Server) {
        for table in self.catalog.tables.iter_mut().filter(|_| server.performance_schema) {
            let io = self.tables.get(&table.id).and_then(|facts| facts.io);
            table.writes = io.map(|io| Writes {
                inserts: io.inserted,
                updates: io.updated,
                deletes: io.deleted,
                window_s: Some(server.uptime_s as f64),
            });
        }
    }

    /// The id of a table.
    pub(super) fn id(&self, schema: &str, name: &str) -> Option<ObjectId> {
        let place = *self.places.get(&(schema.to_owned(), name.to_owned()))?;
        self.catalog.tables.get(place).map(|table| table.id)
    }

    /// Finds an index and its figures.
    pub(super) fn find_index(&mut self, schema: &str, table: &str, index: &str) -> Option<&mut IndexFacts> {
        let (table, _) = self.find(schema, table)?;
        let id = table.indexes.iter().find(|known| known.name == index)?.id;
        self.indexes.get_mut(&id)
    }
}

/// Reads it.
pub(super) async fn read(session: &mut Session, server: &Server) -> Parts {
    let filter = Filter::of(server);
    let schemas = tables::schemas(session, &filter).await;
    let (catalog, facts) = tables::read(session, &filter).await;
    let place = |(place, table): (usize, &Table)| ((table.schema.clone(), table.name.clone()), place);
    let places = catalog.tables.iter().enumerate().map(place).collect();
    let mut parts = Parts {
        schemas,
        catalog,
        tables: facts,
        indexes: BTreeMap::new(),
        places,
        zone_users: Vec::new(),
        routines: Vec::new(),
        filter,
    };
    columns::fill(session, server, &mut parts).await;
    indexes::fill(session, server, &mut parts).await;
    constraints::fill(session, server, &mut parts).await;
    objects::fill(session, server.flavour, &mut parts).await;
    parts
}
