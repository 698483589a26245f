//! Numerals as they are spoken, so that `7.7` meets "seven point seven". English words; where another language is
//! spoken both sides have numerals, or the place is bridged like any other word that was heard otherwise.

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// Most digits of a number that is read as one; longer ones are read digit by digit, as telephone numbers are.
const MOST_DIGITS: usize = 12;

/// The words of a run of digits.
pub(super) fn spoken(digits: &str, words: &mut Vec<String>) {
    let number = digits.parse::<u64>().ok().filter(|_| digits.len() <= MOST_DIGITS);
    match number {
        Some(number) if digits.len() == 1 || !digits.starts_with('0') => whole(number, digits.len(), words),
        _ => each_digit(digits, words),
    }
}

/// The words of a run of digits read one by one, as those after a decimal point are.
pub(super) fn each_digit(digits: &str, words: &mut Vec<String>) {
    let each = digits.bytes().filter(u8::is_ascii_digit).map(|digit| ONES[usize::from(digit - b'0')].into());
    words.extend(each);
}

fn whole(number: u64, digits: usize, words: &mut Vec<String>) {
    // Years are read in pairs: nineteen eighty four, twenty twenty six.
    let year = digits == 4 && matches!(number, 1100..2000 | 2010..2100) && !number.is_multiple_of(100);
    if year {
        below_hundred(number / 100, words);
        if number % 100 < 10 {
            words.push("oh".into());
        }
        return below_hundred(number % 100, words);
    }
    if number == 0 {
        return words.push(ONES[0].into());
    }
    let mut rest = number;
    for (scale, name) in SCALES {
        if rest >= scale {
            below_thousand(rest / scale, words);
            words.push(name.into());
            rest %= scale;
        }
    }
    below_thousand(rest, words);
}

fn below_thousand(number: u64, words: &mut Vec<String>) {
    if number >= 1000 {
        // Only where more than 999 trillions are asked for, which `MOST_DIGITS` excludes.
        return words.push(number.to_string());
    }
    if number >= 100 {
        words.push(ONES[(number / 100) as usize].into());
        words.push("hundred".into());
    }
    below_hundred(number % 100, words);
}

fn below_hundred(number: u64, words: &mut Vec<String>) {
    match number {
        0 => {}
        1..20 => words.push(ONES[number as usize].into()),
        _ => {
            words.push(TENS[(number / 10 % 10) as usize].into());
            if !number.is_multiple_of(10) {
                words.push(ONES[(number % 10) as usize].into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_spoken() {
        for (digits, expected) in [
            ("0", "zero"),
            ("7", "seven"),
            ("42", "forty two"),
            ("110", "one hundred ten"),
            ("1984", "nineteen eighty four"),
            ("1905", "nineteen oh five"),
            ("2004", "two thousand four"),
            ("2026", "twenty twenty six"),
            ("1900", "one thousand nine hundred"),
            ("12000000", "twelve million"),
            ("007", "zero zero seven"),
            ("12345678901234", "one two three four five six seven eight nine zero one two three four"),
        ] {
            let mut words = Vec::new();
            spoken(digits, &mut words);
            assert_eq!(words.join(" "), expected, "{digits}");
        }
    }
}
