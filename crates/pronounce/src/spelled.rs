//! What is said letter by letter, and numbers.

/// The names of the letters in one-letter ARPAbet, `a` to `z`.
const LETTERS: [&str; 26] = [
    "e", "bi", "si", "di", "i", "Ef", "Ji", "eC", "Y", "Je", "ke", "El", "Em", "En", "o", "pi", "kyu", "ar",
    "Es", "ti", "yu", "vi", "dAbAlyu", "Eks", "wY", "zi",
];

/// The words for 0 to 19 and for the tens.
const UNITS: [&str; 20] = [
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

/// More digits than this are read one by one.
const LONGEST_NUMBER: usize = 6;
/// Digits of one word that are read at all.
const MOST_DIGITS: usize = 20;

/// The name of a letter, in one-letter ARPAbet.
pub fn letter(letter: char) -> Option<&'static str> {
    let place = (letter.to_ascii_lowercase() as u32).checked_sub(u32::from(b'a'))?;
    LETTERS.get(place as usize).copied()
}

/// The ways to read a row of digits, each as English words.
pub fn number(digits: &str) -> Vec<Vec<&'static str>> {
    let values: Vec<usize> = digits
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .take(MOST_DIGITS)
        .map(|digit| digit as usize)
        .collect();
    let one_by_one: Vec<_> = values.iter().map(|digit| UNITS[*digit]).collect();
    let mut ways = Vec::new();
    if values.is_empty() {
        return ways;
    }
    if values.len() <= LONGEST_NUMBER && (values.first() != Some(&0) || values.len() == 1) {
        let value = values.iter().fold(0, |value, digit| value * 10 + digit);
        // Four digits are a year first: nineteen eighty four, two thousand one.
        if values.len() == 4 && value % 1000 >= 10 {
            let (century, rest) = (value / 100, value % 100);
            let mut words = below_hundred(century);
            match rest {
                0 => words.push("hundred"),
                1..10 => words.extend(["oh", UNITS[rest]]),
                _ => words.extend(below_hundred(rest)),
            }
            ways.push(words);
        }
        ways.push(cardinal(value));
    }
    if !ways.contains(&one_by_one) {
        ways.push(one_by_one);
    }
    ways
}

fn below_hundred(value: usize) -> Vec<&'static str> {
    match (value.checked_div(10).and_then(|tens| TENS.get(tens)), value % 10) {
        _ if value < UNITS.len() => vec![UNITS[value]],
        (Some(tens), 0) => vec![*tens],
        (Some(tens), unit) => vec![*tens, UNITS[unit]],
        (None, _) => Vec::new(),
    }
}

fn cardinal(value: usize) -> Vec<&'static str> {
    let mut words = Vec::new();
    let (thousands, hundreds, rest) = (value / 1000, value / 100 % 10, value % 100);
    if thousands > 0 {
        words.extend(cardinal(thousands));
        words.push("thousand");
    }
    if hundreds > 0 {
        words.extend([UNITS[hundreds], "hundred"]);
    }
    if rest > 0 || value == 0 {
        words.extend(below_hundred(rest));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_do() {
        for (digits, wanted) in [
            ("0", "zero"),
            ("7", "seven"),
            ("20", "twenty|two zero"),
            ("90", "ninety|nine zero"),
            ("115", "one hundred fifteen|one one five"),
            ("2001", "two thousand one|two zero zero one"),
            ("1984", "nineteen eighty four|one thousand nine hundred eighty four|one nine eight four"),
            ("1905", "nineteen oh five|one thousand nine hundred five|one nine zero five"),
            ("007", "zero zero seven"),
            ("", ""),
        ] {
            let ways: Vec<_> = number(digits).into_iter().map(|words| words.join(" ")).collect();
            assert_eq!(ways.join("|"), wanted, "{digits}");
        }
        assert_eq!(number(&"9".repeat(1000)).len(), 1);
    }
}
