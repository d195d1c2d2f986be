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
}

impl Kind {
    /// The kind of a partitioning expression; none for what is not a single date.
    pub(super) fn of(expression: &str) -> Option<Self> {
        let text = expression.to_ascii_lowercase().replace(' ', "");
        if !text.contains("range") {
            return None;
        }
        if text.contains("to_days(") {
            Some(Self::Days)
        } else if text.contains("unix_timestamp(") {
            Some(Self::Seconds)
        } else if text.contains("year(") && !text.contains("yearweek") {
            Some(Self::Years)
        } else if text.contains("rangecolumns") && !text.contains(',') {
            Some(Self::Columns)
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
        }
    }

    /// A day as the bound of a new partition.
    pub(super) fn bound(self, end: Date) -> String {
        match self {
            Self::Columns => format!("'{end}'"),
            Self::Days => format!("TO_DAYS('{end}')"),
            Self::Seconds => format!("UNIX_TIMESTAMP('{end} 00:00:00')"),
            Self::Years => end.year().to_string(),
        }
    }
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
        let of = kinds.map(Kind::of);
        assert_eq!(of, [Some(Kind::Columns), Some(Kind::Days), Some(Kind::Seconds), Some(Kind::Years), None, None]);
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
