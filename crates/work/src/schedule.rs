//! When a broadcast is recorded: windows of the week by the clock on the wall.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, Disambiguation, TimeZone};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Windows of the week, as `Mon-Fri 07:00-09:00, Sun 22:00-00:30`; one that ends before it begins ends on the next day.
///
/// On days on which the clock is put forward, a time that there is not is the one after the jump, and a window wholly inside
/// the jump does not take place. Where the clock is put back, a window begins at the first of the two times and ends at the
/// second: rather too much than too little.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule(Vec<Slot>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    /// First and last day of the week; from Friday to Monday goes over the week's end.
    days: (Weekday, Weekday),
    begin: Time,
    end: Time,
}

/// One time that a broadcast is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The day on which it begins.
    pub day: Date,
    /// When it begins.
    pub begin: Timestamp,
    /// When it ends.
    pub end: Timestamp,
}

/// A text that is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is no schedule: write it as Mon-Fri 07:00-09:00, several with commas between, or as daily 22:00-00:30"
)]
pub struct NotASchedule(String);

const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// Windows of one schedule.
const MOST: usize = 50;

impl Schedule {
    /// The window that is open at `now`, or else the next one; `None` when there is none within the next two weeks.
    pub fn next(&self, now: Timestamp, zone: &TimeZone) -> Option<Window> {
        let today = now.to_zoned(zone.clone()).date();
        // A window of yesterday may still be open; the same weekday comes again after a week, and once may fall into a jump.
        let days = (-1..=15).filter_map(|days| today.checked_add(Span::new().days(days)).ok());
        let windows = days.flat_map(|day| self.0.iter().filter_map(move |slot| slot.on(day, zone)));
        windows.filter(|window| window.end > now).min_by_key(|window| (window.begin, window.end))
    }
}

impl Slot {
    /// Its window that begins on this day, when there is one.
    fn on(&self, day: Date, zone: &TimeZone) -> Option<Window> {
        let number = |day: Weekday| day.to_monday_zero_offset();
        let (first, last, this) = (number(self.days.0), number(self.days.1), number(day.weekday()));
        let held = if first <= last { (first..=last).contains(&this) } else { this >= first || this <= last };
        if !held {
            return None;
        }
        let last_day = if self.end > self.begin { day } else { day.tomorrow().ok()? };
        let begin = instant(day, self.begin, zone, Disambiguation::Earlier)?;
        let end = instant(last_day, self.end, zone, Disambiguation::Later)?;
        (begin < end).then_some(Window { day, begin, end })
    }
}

/// When the clock on the wall shows this: the one that is asked for where it does so twice, the jump where it never does.
fn instant(day: Date, time: Time, zone: &TimeZone, which: Disambiguation) -> Option<Timestamp> {
    let shown = zone.to_ambiguous_zoned(day.to_datetime(time));
    if let AmbiguousOffset::Gap { .. } = shown.offset() {
        let before = shown.earlier().ok()?.timestamp();
        return zone.following(before).next().map(|jump| jump.timestamp());
    }
    shown.disambiguate(which).ok().map(|moment| moment.timestamp())
}

impl FromStr for Schedule {
    type Err = NotASchedule;

    fn from_str(text: &str) -> Result<Self, NotASchedule> {
        let wrong = || NotASchedule(text.trim().to_owned());
        let slots: Option<Vec<Slot>> = text
            .split([',', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .take(MOST + 1)
            .map(slot)
            .collect();
        let slots = slots.filter(|slots| (1..=MOST).contains(&slots.len())).ok_or_else(wrong)?;
        Ok(Self(slots))
    }
}

fn slot(text: &str) -> Option<Slot> {
    let (days, times) = text.rsplit_once(char::is_whitespace)?;
    let (begin, end) = times.split_once(['-', '–'])?;
    let days = match days.trim().to_ascii_lowercase().as_str() {
        "daily" => (Weekday::Monday, Weekday::Sunday),
        days => match days.split_once(['-', '–']) {
            Some((first, last)) => (weekday(first)?, weekday(last)?),
            None => (weekday(days)?, weekday(days)?),
        },
    };
    let (begin, end) = (time(begin)?, time(end)?);
    (begin != end).then_some(Slot { days, begin, end })
}

/// A day by its English name, or the first three letters or more of it.
fn weekday(name: &str) -> Option<Weekday> {
    const FULL: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let name = name.trim();
    let at = FULL.iter().position(|full| name.len() >= 3 && full.starts_with(name))?;
    DAYS.get(at).map(|(_, day)| *day)
}

/// `7:00`, `07:00`, `24:00` (which is midnight).
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| (text.len() <= 2).then(|| text.parse::<i8>().ok()).flatten();
    match (number(hour)?, number(minute)?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: Weekday| DAYS.iter().find(|(_, own)| *own == day).map_or("", |(name, _)| name);
        for (at, slot) in self.0.iter().enumerate() {
            out.write_str(if at > 0 { ", " } else { "" })?;
            match slot.days {
                (Weekday::Monday, Weekday::Sunday) => out.write_str("daily")?,
                (first, last) if first == last => out.write_str(name(first))?,
                (first, last) => write!(out, "{}-{}", name(first), name(last))?,
            }
            write!(out, " {}-{}", slot.begin.strftime("%H:%M"), slot.end.strftime("%H:%M"))?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Schedule {
    type Error = NotASchedule;

    fn try_from(text: String) -> Result<Self, NotASchedule> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{DateTime, date};

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a time zone")
    }

    fn at(text: &str) -> Timestamp {
        let moment: DateTime = text.parse().expect("a date and time");
        moment.to_zoned(berlin()).expect("a moment").timestamp()
    }

    /// Begin and end of the window at a moment, in UTC.
    fn window(schedule: &str, now: &str) -> (String, String) {
        let schedule: Schedule = schedule.parse().expect("a schedule");
        let window = schedule.next(at(now), &berlin()).expect("a window");
        (window.begin.to_string(), window.end.to_string())
    }

    fn utc(begin: &str, end: &str) -> (String, String) {
        (format!("2026-{begin}:00Z"), format!("2026-{end}:00Z"))
    }

    #[test]
    fn the_window_that_is_open_or_the_next_one() {
        // 2026-03-06 is a Friday; Berlin is an hour before UTC then.
        let weekdays = "Mon-Fri 07:00-09:00";
        assert_eq!(window(weekdays, "2026-03-06T06:00"), utc("03-06T06:00", "03-06T08:00"));
        assert_eq!(window(weekdays, "2026-03-06T08:59:59"), utc("03-06T06:00", "03-06T08:00"), "still open");
        assert_eq!(
            window(weekdays, "2026-03-06T09:00"),
            utc("03-09T06:00", "03-09T08:00"),
            "over the week's end"
        );
        let night = "Fri-Sun 22:30-00:30, Wed 12:00-13:00";
        assert_eq!(window(night, "2026-03-07T00:10"), utc("03-06T21:30", "03-06T23:30"), "yesterday's");
        assert_eq!(window(night, "2026-03-09T12:00"), utc("03-11T11:00", "03-11T12:00"));
        assert_eq!(window("sat-mon 10:00-24:00", "2026-03-10T00:00"), utc("03-14T09:00", "03-14T23:00"));
        let schedule: Schedule = weekdays.parse().expect("a schedule");
        assert_eq!(schedule.next(at("2026-03-07T12:00"), &berlin()).expect("a window").day, date(2026, 3, 9));
    }

    #[test]
    fn clocks_that_are_put_forward_and_back() {
        // Forward at 02:00 on 29 March, back at 03:00 on 25 October.
        assert_eq!(
            window("daily 01:00-04:00", "2026-03-29T00:00"),
            utc("03-29T00:00", "03-29T02:00"),
            "two hours"
        );
        assert_eq!(
            window("daily 02:30-03:30", "2026-03-29T00:00"),
            utc("03-29T01:00", "03-29T01:30"),
            "from the jump"
        );
        assert_eq!(
            window("daily 02:10-02:50", "2026-03-29T00:00"),
            utc("03-30T00:10", "03-30T00:50"),
            "not on that day"
        );
        assert_eq!(
            window("daily 07:00-08:00", "2026-03-28T12:00"),
            utc("03-29T05:00", "03-29T06:00"),
            "by the wall"
        );
        assert_eq!(
            window("daily 01:00-04:00", "2026-10-25T00:00"),
            utc("10-24T23:00", "10-25T03:00"),
            "four hours"
        );
        assert_eq!(
            window("daily 02:15-02:45", "2026-10-25T00:00"),
            utc("10-25T00:15", "10-25T01:45"),
            "both times"
        );
    }

    #[test]
    fn schedules_are_read_and_written() {
        for (written, read) in [
            ("Mon-Fri 07:00-09:00", "Mon-Fri 07:00-09:00"),
            (" monday – Friday 7:00–9:00 ; SUN 22:00-0:30,", "Mon-Fri 07:00-09:00, Sun 22:00-00:30"),
            ("Daily 20:00-24:00", "daily 20:00-00:00"),
        ] {
            let schedule: Result<Schedule, _> = written.parse();
            assert_eq!(schedule.map(|schedule| schedule.to_string()).as_deref(), Ok(read), "{written}");
        }
        for wrong in [
            "",
            ",",
            "07:00-09:00",
            "Mon 07:00",
            "Mon 07:00-07:00",
            "Mon 25:00-26:00",
            "Mo 07:00-09:00",
            "Mon 7-9",
        ] {
            assert!(wrong.parse::<Schedule>().is_err(), "{wrong}");
        }
    }
}
