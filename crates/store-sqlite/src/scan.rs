//! Reading what is below prefixes.

use copath_records::{Record, RecordKey, StoreError};
use rusqlite::{Connection, Row, params, params_from_iter};

use crate::batch::read;
use crate::error::store_error;

/// Keys and records, in the order of the keys.
type Found = Vec<(RecordKey, Record)>;

/// How many prefixes one statement looks for.
const AT_ONCE: usize = 16;

/// For each prefix its number and where it begins and ends: names are looked for in one range after the other.
const SCAN_EACH: &str = "WITH prefixes (number, low, high) AS (VALUES
     (0, ?1, ?2), (1, ?3, ?4), (2, ?5, ?6), (3, ?7, ?8), (4, ?9, ?10), (5, ?11, ?12), (6, ?13, ?14), (7, ?15, ?16),
     (8, ?17, ?18), (9, ?19, ?20), (10, ?21, ?22), (11, ?23, ?24), (12, ?25, ?26), (13, ?27, ?28), (14, ?29, ?30),
     (15, ?31, ?32))
 SELECT name, content, number FROM prefixes CROSS JOIN names ON name >= low AND name < high
 LEFT JOIN slots USING (slot)";

/// All records whose key starts with `prefix`.
pub(crate) fn scan(connection: &Connection, prefix: &RecordKey) -> Result<Found, StoreError> {
    let sql = "SELECT name, content FROM names LEFT JOIN slots USING (slot)
               WHERE name >= ?1 AND name < ?2 ORDER BY name";
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    let mut rows = statement.query(params![prefix.as_octets(), end(prefix)]).map_err(store_error)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        records.push(record(row)?);
    }
    Ok(records)
}

/// The same for each of several, in few statements; nobody else writes meanwhile.
pub(crate) fn scan_each(connection: &Connection, prefixes: &[RecordKey]) -> Result<Vec<Found>, StoreError> {
    let mut all = Vec::with_capacity(prefixes.len());
    for prefixes in prefixes.chunks(AT_ONCE) {
        let mut found: Vec<Found> = prefixes.iter().map(|_| Vec::new()).collect();
        let mut statement = connection.prepare_cached(SCAN_EACH).map_err(store_error)?;
        let mut ranges = prefixes.iter().map(|prefix| (prefix.as_octets(), end(prefix)));
        // Nothing is after NULL: what isn't asked for finds nothing.
        let ranges = [(); AT_ONCE].map(|()| ranges.next());
        let ranges = ranges.iter().map(Option::as_ref);
        let bounds = ranges.flat_map(|range| [range.map(|(low, _)| *low), range.map(|(_, high)| &**high)]);
        let mut rows = statement.query(params_from_iter(bounds)).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            let number: u16 = row.get(2).map_err(store_error)?;
            found.get_mut(usize::from(number)).ok_or(StoreError::Corrupt)?.push(record(row)?);
        }
        for records in &mut found {
            // They come so, but SQLite promises it only where it sorts by itself.
            records.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        all.append(&mut found);
    }
    Ok(all)
}

/// The record in a row that begins with its name and its content.
fn record(row: &Row<'_>) -> Result<(RecordKey, Record), StoreError> {
    let name = row.get(0).map_err(store_error)?;
    let key = RecordKey::from_octets(name).ok_or(StoreError::Corrupt)?;
    let record = read(&key, row, 1)?;
    Ok((key, record))
}

/// What is after all keys that start with `prefix`, and before all others that are after it.
pub(crate) fn end(prefix: &RecordKey) -> Vec<u8> {
    // No segment begins with 0xff.
    prefix.prefix_end().unwrap_or_else(|| [prefix.as_octets(), &[0xff]].concat())
}
