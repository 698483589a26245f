//! Dates as feeds write them, against a list.

use feed::parse_date;
use proptest::prelude::*;

#[test]
fn each_date_of_the_list_is_read_as_it_is_meant() {
    let mut wrong = Vec::new();
    for line in include_str!("golden/dates.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('|');
        let (written, at) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default().trim());
        let day = parts.next().map_or(at.get(..10).unwrap_or_default(), str::trim);
        let read = parse_date(written);
        let found = read.map_or("-".to_owned(), |read| read.at.to_string());
        let found_day = read.map_or(String::new(), |read| read.day.to_string());
        if found != at || (found != "-" && found_day != day) {
            wrong.push(format!("{written}: {found} {found_day}, not {at} {day}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,60}") {
        let _ = parse_date(&text);
    }

    #[test]
    fn nearly_dates(text in "[0-9 :,.TZ+/-]{0,40}|(Mon|Sat)?,? ?[0-9]{0,4} ?(Jan|Mär|авг)[a-z.]{0,4} ?[0-9]{0,12}[0-9: +-]{0,30}(GMT|PM|EST)?") {
        let _ = parse_date(&text);
    }

    /// What RFC 2822 and RFC 3339 write comes back.
    #[test]
    fn standard_dates_come_back(second in -1_000_000_000i64..4_000_000_000, zone in -56i32..=56) {
        let at = jiff::Timestamp::from_second(second).expect("in range");
        let offset = jiff::tz::Offset::from_seconds(zone * 900).expect("in range");
        let local = at.to_zoned(offset.to_time_zone());
        let expected = Some((at, local.date()));
        for format in ["%a, %d %b %Y %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%:z", "%d %B %Y %H:%M:%S %z"] {
            let written = local.strftime(format).to_string();
            prop_assert_eq!(parse_date(&written).map(|read| (read.at, read.day)), expected, "{}", written);
        }
    }
}
