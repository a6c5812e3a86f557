//! The calendar in UTC: seconds since 1970 to year, month, day and time of day, and back.
//!
//! A listing needs it once a line, a million times a second, which is why it is arithmetic and not
//! a call of the calendar library; that library checks it in the tests. Facts and listings call it.
//! Years run from 0 to 9999, what four digits can say; times outside are the nearest inside.

use crate::terms::UnixTime;

pub(super) const DAY_SECS: i64 = 86_400;

/// 0000-01-01T00:00:00.
const FIRST: i64 = -62_167_219_200;
/// 9999-12-31T23:59:59.
const LAST: i64 = 253_402_300_799;

/// Days from the 1st of March of the year 0 to 1970-01-01. Years are counted from March here, so
/// that the leap day is the last of its year.
const MARCH_TO_EPOCH: i64 = 719_468;

const YEAR_DAYS: i64 = 365;
const FOUR_YEARS: i64 = 4 * YEAR_DAYS + 1;
const CENTURY: i64 = 25 * FOUR_YEARS - 1;
const FOUR_CENTURIES: i64 = 4 * CENTURY + 1;

/// Days of five months that begin with March or with August: 31, 30, 31, 30, 31. Until the February
/// that ends the year, months from March on are these five again and again, which is what makes
/// [`before_month`] a straight line, rounded.
const FIVE_MONTHS: i64 = 153;

/// A second on the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    /// 0 to 9999.
    pub(super) year: u64,
    /// 1 to 12.
    pub(super) month: u64,
    /// 1 to 31.
    pub(super) day: u64,
    /// 0 to 23.
    pub(super) hour: u64,
    /// 0 to 59.
    pub(super) minute: u64,
    /// 0 to 59.
    pub(super) second: u64,
}

impl Civil {
    /// The calendar's name for `time`.
    pub(super) fn of(time: UnixTime) -> Self {
        let secs = time.0.clamp(FIRST, LAST);
        let days = secs.div_euclid(DAY_SECS) + MARCH_TO_EPOCH;
        let of_day = secs.rem_euclid(DAY_SECS);
        let mut rest = days.rem_euclid(FOUR_CENTURIES);
        // The last century of four and the last year of four have a day more than their divisor.
        let centuries = (rest / CENTURY).min(3);
        rest -= centuries * CENTURY;
        let fours = rest / FOUR_YEARS;
        rest -= fours * FOUR_YEARS;
        let years = (rest / YEAR_DAYS).min(3);
        rest -= years * YEAR_DAYS;
        let from_march = (5 * rest + 2) / FIVE_MONTHS;
        let march_year =
            days.div_euclid(FOUR_CENTURIES) * 400 + centuries * 100 + fours * 4 + years;
        let (year, month) = if from_march < 10 {
            (march_year, from_march + 3)
        } else {
            (march_year + 1, from_march - 9)
        };
        Self {
            year: year.unsigned_abs(),
            month: month.unsigned_abs(),
            day: (rest - before_month(from_march)).unsigned_abs() + 1,
            hour: of_day.unsigned_abs() / 3600,
            minute: of_day.unsigned_abs() / 60 % 60,
            second: of_day.unsigned_abs() % 60,
        }
    }

    /// The time of this name, unless there is no such day or time.
    pub(super) fn time(self) -> Option<UnixTime> {
        let year = i64::try_from(self.year).ok().filter(|year| *year <= 9999)?;
        let day = i64::try_from(self.day).ok().filter(|day| (1..=31).contains(day))?;
        let month = i64::try_from(self.month).ok().filter(|month| (1..=12).contains(month))?;
        let from_march = (month + 9) % 12;
        let march_year = if month <= 2 { year - 1 } else { year };
        let leap_days =
            march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
        let days = march_year * YEAR_DAYS + leap_days + before_month(from_march) + day
            - 1
            - MARCH_TO_EPOCH;
        let of_day = i64::try_from(self.hour * 3600 + self.minute * 60 + self.second).ok()?;
        let time = UnixTime(days * DAY_SECS + of_day);
        // A 30th of February, a 13th month or a 25th hour comes back as another.
        (Self::of(time) == self).then_some(time)
    }
}

/// Days before a month of the year that begins in March, which is month 0.
const fn before_month(from_march: i64) -> i64 {
    (FIVE_MONTHS * from_march + 2) / 5
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the calendar library says.
    fn by_library(secs: i64) -> Civil {
        let there = jiff::Timestamp::from_second(secs).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let number = |part: i8| u64::try_from(part).unwrap();
        Civil {
            year: u64::try_from(there.year()).unwrap(),
            month: number(there.month()),
            day: number(there.day()),
            hour: number(there.hour()),
            minute: number(there.minute()),
            second: number(there.second()),
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_as_the_library_says() {
        for day in 0..FOUR_CENTURIES {
            let secs = (day - 200 * YEAR_DAYS) * DAY_SECS + 45_296;
            let civil = by_library(secs);
            assert_eq!(Civil::of(UnixTime(secs)), civil);
            assert_eq!(civil.time(), Some(UnixTime(secs)));
        }
    }

    proptest! {
        #[test]
        fn every_second_is_as_the_library_says(secs in FIRST..253_402_207_200) {
            let civil = by_library(secs);
            prop_assert_eq!(Civil::of(UnixTime(secs)), civil);
            prop_assert_eq!(civil.time(), Some(UnixTime(secs)));
        }
    }

    #[test]
    fn times_outside_are_the_nearest_inside() {
        assert_eq!(Civil::of(UnixTime(i64::MIN)).time(), Some(UnixTime(FIRST)));
        assert_eq!(Civil::of(UnixTime(i64::MAX)).time(), Some(UnixTime(LAST)));
        assert_eq!(Civil::of(UnixTime(LAST)).year, 9999);
    }

    #[test]
    fn days_that_do_not_exist_have_no_time() {
        let day =
            |year, month, day| Civil { year, month, day, hour: 0, minute: 0, second: 0 }.time();
        assert!(day(2024, 2, 29).is_some());
        assert!(day(2000, 2, 29).is_some());
        for (y, m, d) in [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1)]
        {
            assert_eq!(day(y, m, d), None);
        }
        assert_eq!(day(2024, 1, 0), None);
        assert_eq!(day(10_000, 1, 1), None);
    }
}
