//! Bounds of partitions as dates, and the steps between them.

use jiff::Span;
use jiff::civil::{Date, date};

/// Day number that `TO_DAYS` gives for 1970-01-01.
const EPOCH_DAYS: i64 = 719_528;

/// How a table is partitioned by a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `RANGE COLUMNS (day)`.
    Columns,
    /// `RANGE (TO_DAYS(day))`.
    Days,
    /// `RANGE (UNIX_TIMESTAMP(at))`.
    Seconds,
    /// `RANGE (YEAR(day))`.
    Years,
    /// A number or a text that is read as a date: `202602`, `20260201`, `'2026-02'`.
    Written(Written),
}

/// How a date is written as a number or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// Whether it has a day; else it is a month.
    day: bool,
    quoted: bool,
    dashed: bool,
}

impl Written {
    /// How all of these bounds are written, when all of them are dates: two at least, because one number may mean anything.
    fn of(bounds: &[&str]) -> Option<Self> {
        let first = bounds.first().filter(|_| bounds.len() > 1)?.trim();
        let quoted = first.starts_with('\'');
        let plain = first.trim_matches('\'');
        let dashed = quoted && plain.contains('-');
        let day = plain.replace('-', "").len() == 8;
        let written = Self { day, quoted, dashed };
        let ends: Option<Vec<Date>> = bounds.iter().map(|text| written.date(text)).collect();
        // Numbers that only look like dates are rarely all of one day of the month, or in order by few days.
        let ends = ends.filter(|ends| ends.windows(2).all(|pair| pair[0] < pair[1]))?;
        let years = ends.first()?.year()..=ends.last()?.year();
        (*years.start() >= 1970 && *years.end() < 2200).then_some(written)
    }

    fn date(self, text: &str) -> Option<Date> {
        let text = text.trim();
        let plain = text.trim_matches('\'');
        let digits = if self.dashed { plain.replace('-', "") } else { plain.to_owned() };
        let fits = text.starts_with('\'') == self.quoted && digits.len() == if self.day { 8 } else { 6 };
        if !fits || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
        let (year, month) = (number(0..4)?, number(4..6)?);
        let day = if self.day { number(6..8)? } else { 1 };
        // The month after December is often written as the thirteenth.
        let (year, month) = if month == 13 && !self.day { (year + 1, 1) } else { (year, month) };
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    fn bound(self, end: Date) -> String {
        let dash = if self.dashed { "-" } else { "" };
        let day = if self.day { format!("{dash}{:02}", end.day()) } else { String::new() };
        let text = format!("{:04}{dash}{:02}{day}", end.year(), end.month());
        if self.quoted { format!("'{text}'") } else { text }
    }
}

impl Kind {
    /// The kind of a partitioning expression with the bounds that are no `MAXVALUE`; none for what is not a single date.
    pub(super) fn of(expression: &str, bounds: &[&str]) -> Option<Self> {
        let text = expression.to_ascii_lowercase().replace(' ', "");
        if !text.contains("range") {
            return None;
        }
        let bounds: Vec<&str> =
            bounds.iter().copied().filter(|bound| !bound.eq_ignore_ascii_case("MAXVALUE")).collect();
        let months = text.contains("*100") || text.contains("year_month") || text.contains("date_format(");
        let arithmetic = text.contains("year(") && text.contains('*');
        if text.contains("to_days(") {
            Some(Self::Days)
        } else if text.contains("unix_timestamp(") {
            Some(Self::Seconds)
        } else if text.contains("yearweek(") {
            None
        } else if text.contains("year(") && !arithmetic {
            Some(Self::Years)
        } else if months || plain_column(&text) {
            let columns =
                text.contains("rangecolumns") && bounds.iter().all(|bound| Self::Columns.date(bound).is_some());
            if columns { Some(Self::Columns) } else { Written::of(&bounds).map(Self::Written) }
        } else {
            None
        }
    }

    /// The day on which a partition ends; none for `MAXVALUE` and what is no date.
    pub(super) fn date(self, text: &str) -> Option<Date> {
        let number = || text.trim().parse::<i64>().ok();
        match self {
            Self::Columns => text.trim_matches('\'').get(..10)?.parse().ok(),
            Self::Days => after_epoch(number()? - EPOCH_DAYS),
            Self::Seconds => after_epoch(number()?.div_euclid(86_400)),
            Self::Years => Date::new(i16::try_from(number()?).ok()?, 1, 1).ok(),
            Self::Written(written) => written.date(text),
        }
    }

    /// A day as the bound of a new partition.
    pub(super) fn bound(self, end: Date) -> String {
        match self {
            Self::Columns => format!("'{end}'"),
            Self::Days => format!("TO_DAYS('{end}')"),
            Self::Seconds => format!("UNIX_TIMESTAMP('{end} 00:00:00')"),
            Self::Years => end.year().to_string(),
            Self::Written(written) => written.bound(end),
        }
    }

    /// Whether a new partition can end on a day.
    pub(super) fn takes(self, end: Date) -> bool {
        !matches!(self, Self::Written(Written { day: false, .. })) || end.day() == 1
    }
}

/// Whether an expression without blanks is a single column: ``range(`ym`)``, ``rangecolumns(`ym`)``.
fn plain_column(text: &str) -> bool {
    let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
    !inner.is_empty() && !inner.contains(['(', ',', '*', '+', '/', '%'])
}

fn after_epoch(days: i64) -> Option<Date> {
    date(1970, 1, 1).checked_add(Span::new().try_days(days).ok()?).ok()
}

/// The length of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Whole months.
    Months(i32),
    /// Days.
    Days(i32),
}

impl Step {
    /// The step from one bound to the next.
    pub(super) fn between(before: Date, last: Date) -> Self {
        let months = (i32::from(last.year()) - i32::from(before.year())) * 12 + i32::from(last.month())
            - i32::from(before.month());
        if before.day() == last.day() && months > 0 {
            return Self::Months(months);
        }
        let days = last.duration_since(before).as_hours() / 24;
        Self::Days(i32::try_from(days).unwrap_or(1).max(1))
    }

    fn after(self, day: Date) -> Date {
        let span = match self {
            Self::Months(months) => Span::new().months(months),
            Self::Days(days) => Span::new().days(days),
        };
        day.checked_add(span).unwrap_or(Date::MAX)
    }

    /// The ends of new partitions after `last`, one for each step, until `ahead`; the first ones become one when there would be very many.
    pub(super) fn each(self, last: Date, ahead: Date) -> Vec<Date> {
        /// MySQL opens all partitions of a table at once.
        const MOST: usize = 100;
        let mut ends = vec![self.after(last)];
        while let Some(end) = ends.last().copied().filter(|end| *end <= ahead) {
            ends.push(self.after(end));
        }
        ends.split_off(ends.len().saturating_sub(MOST))
    }

    /// The ends of new partitions after `last`: the first one takes all until today in, then come whole steps until `ahead`, two at least.
    pub(super) fn until(self, last: Date, today: Date, ahead: Date) -> Vec<Date> {
        let mut end = self.after(last);
        while end <= today {
            end = self.after(end);
        }
        let mut ends = vec![end];
        while ends.len() < 2 || end <= ahead {
            end = self.after(end);
            ends.push(end);
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_apart() {
        let kinds = [
            "RANGE COLUMNS (`at`)",
            "RANGE (to_days(`at`))",
            "RANGE (unix_timestamp(`at`))",
            "RANGE (year(`at`))",
            "RANGE (`id`)",
            "HASH (`id`)",
        ];
        let of = kinds.map(|text| Kind::of(text, &["'2026-01-01'"]));
        assert_eq!(of, [Some(Kind::Columns), Some(Kind::Days), Some(Kind::Seconds), Some(Kind::Years), None, None]);
    }

    #[test]
    fn numbers_are_dates_when_all_of_them_are() {
        let kind = |text: &str, bounds: &[&str]| Kind::of(text, bounds);
        let months = kind("RANGE (`ym`)", &["202601", "202602", "MAXVALUE"]).expect("months");
        assert_eq!(
            (months.date("202613"), months.bound(date(2026, 3, 1))),
            (Some(date(2027, 1, 1)), "202603".to_owned())
        );
        let days = kind("RANGE COLUMNS(`day`)", &["20260131", "20260201"]).expect("days");
        assert_eq!(
            (days.date("20260201"), days.bound(date(2026, 3, 9))),
            (Some(date(2026, 2, 1)), "20260309".to_owned())
        );
        let text = kind("RANGE COLUMNS (`ym`)", &["'2026-01'", "'2026-02'"]).expect("texts");
        assert_eq!(text.bound(date(2026, 3, 1)), "'2026-03'");
        let computed = kind("RANGE (year(`at`) * 100 + month(`at`))", &["202601", "202602"]);
        assert_eq!(computed, Some(months));
        assert_eq!(kind("RANGE (`id`)", &["200000", "300000"]), None);
        assert_eq!(kind("RANGE (`id`)", &["1000", "2000"]), None);
        assert_eq!(kind("RANGE (`id`)", &["202601"]), None);
    }

    #[test]
    fn bounds_are_dates() {
        assert_eq!(Kind::Columns.date("'2026-02-01'"), Some(date(2026, 2, 1)));
        assert_eq!(Kind::Days.date("740013"), Some(date(2026, 2, 1)));
        assert_eq!(Kind::Years.date("2026"), Some(date(2026, 1, 1)));
        assert_eq!(Kind::Columns.date("MAXVALUE"), None);
    }

    #[test]
    fn what_is_split_gets_each_step() {
        let ends = Step::Months(1).each(date(2026, 2, 1), date(2026, 4, 15));
        assert_eq!(ends, [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)]);
        let many = Step::Days(1).each(date(2020, 1, 1), date(2026, 1, 1));
        assert_eq!((many.len(), many.last()), (100, Some(&date(2026, 1, 2))));
    }

    #[test]
    fn the_first_new_partition_takes_the_gap() {
        let months = Step::between(date(2026, 1, 1), date(2026, 2, 1));
        assert_eq!(months, Step::Months(1));
        let ends = months.until(date(2026, 2, 1), date(2026, 5, 10), date(2026, 5, 24));
        assert_eq!(ends, [date(2026, 6, 1), date(2026, 7, 1)]);
        let weeks = Step::between(date(2026, 1, 5), date(2026, 1, 12));
        assert_eq!(
            weeks.until(date(2026, 1, 12), date(2026, 1, 13), date(2026, 1, 28)),
            [date(2026, 1, 19), date(2026, 1, 26), date(2026, 2, 2)]
        );
    }
}
