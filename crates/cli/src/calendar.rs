//! Dates.

use copath::Timestamp;

/// The last second of the year 9999.
pub(crate) const LAST: u64 = 253_402_300_799;

/// A time in seconds since the beginning of 1970 as a date and a time of day in UTC (ISO 8601).
pub(crate) fn utc(seconds: u64) -> String {
    if seconds > LAST {
        return "after the year 9999".into();
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a day since 1970-01-01, in the proleptic Gregorian calendar.
///
/// Years begin in March here, so that the leap day is the last of its year; 719,468 days lie between 0000-03-01 and
/// the beginning of 1970.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days.saturating_add(719_468);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

/// A time on the command line: `2026-01-31`, `2026-01-31T12:00:00Z`, or seconds since the beginning of 1970.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("`{text}` is no time: 2026-01-31, 2026-01-31T12:00:00Z, or seconds since 1970");
    if let Ok(seconds) = text.parse() {
        return Ok(Timestamp(seconds));
    }
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let [year, month, day] = numbers(date, '-').ok_or_else(wrong)?;
    let time = time.strip_suffix('Z').ok_or_else(wrong)?;
    let [hour, minute, second] = numbers(time, ':').ok_or_else(wrong)?;
    if !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return Err(wrong());
    }
    let days = days(year, month, day);
    // The way back gives another date if there is no such day.
    if date_of(days) != Some((year, month, day)) {
        return Err(wrong());
    }
    Ok(Timestamp(days.saturating_mul(86_400).saturating_add(hour * 3600 + minute * 60 + second)))
}

fn date_of(days: u64) -> Option<(u64, u64, u64)> {
    (days <= LAST / 86_400).then(|| date(days))
}

/// Days from 1970-01-01 to a day from then on; any number for what is no day.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year / 400, year % 400);
    let days = year * 365 + year / 4 - year / 100 + (153 * month.min(11) + 2) / 5 + day;
    (era * 146_097 + days).saturating_sub(719_469)
}

/// Three decimal numbers of at most four digits each.
fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let digits = part.bytes().all(|octet| octet.is_ascii_digit());
        if digits && (1..=4).contains(&part.len()) { part.parse().ok() } else { None }
    });
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for seconds in [0, 951_782_400, 951_868_800, 1_700_000_000, 4_107_542_400, LAST] {
            assert_eq!(parse(&utc(seconds)), Ok(Timestamp(seconds)));
            assert_eq!(parse(&seconds.to_string()), Ok(Timestamp(seconds)));
        }
        assert_eq!(parse("2000-03-01"), Ok(Timestamp(951_868_800)));
        let wrong = [
            "",
            "now",
            "-1",
            "2026",
            "2026-",
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-01-32",
            "1969-12-31",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00Z",
            "2026-01-01-01",
            "12026-01-01",
            "+2026-01-01",
            "2026-99999999999999999999-01",
        ];
        for text in wrong.into_iter().filter(|text| *text != "2026") {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dates_are_right() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (LAST, "9999-12-31T23:59:59Z"),
            (LAST + 1, "after the year 9999"),
            (u64::MAX, "after the year 9999"),
        ];
        for (seconds, text) in cases {
            assert_eq!(utc(seconds), text);
        }
    }
}
