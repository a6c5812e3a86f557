//! The calendar in UTC: seconds since 1970 to year, month, day and time of day, and back.
//!
//! Thin over jiff's civil time at offset zero, which looks nothing up and allocates nothing: a
//! listing needs it once a line. Facts and listings call it. Years run from 0 to 9999, what four
//! digits can say; times outside are the nearest inside.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::terms::UnixTime;

pub(super) const DAY_SECS: i64 = 86_400;

/// 0000-01-01T00:00:00.
pub(super) const FIRST: i64 = -62_167_219_200;
/// 9999-12-30T22:00:00, the last second that jiff knows in every time zone.
pub(super) const LAST: i64 = 253_402_207_200;

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
        let there = Offset::UTC.to_datetime(Timestamp::from_second(secs).unwrap_or_default());
        let part = |part: i8| u64::from(part.unsigned_abs());
        Self {
            year: u64::from(there.year().unsigned_abs()),
            month: part(there.month()),
            day: part(there.day()),
            hour: part(there.hour()),
            minute: part(there.minute()),
            second: part(there.second()),
        }
    }

    /// The time of this name, unless there is no such day or time.
    pub(super) fn time(self) -> Option<UnixTime> {
        let year = i16::try_from(self.year).ok()?;
        let part = |part: u64| i8::try_from(part).ok();
        let (month, day) = (part(self.month)?, part(self.day)?);
        let (hour, minute, second) = (part(self.hour)?, part(self.minute)?, part(self.second)?);
        let there = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        Offset::UTC.to_timestamp(there).ok().map(|time| UnixTime(time.as_second()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_second_comes_back(secs in FIRST..=LAST) {
            prop_assert_eq!(Civil::of(UnixTime(secs)).time(), Some(UnixTime(secs)));
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
