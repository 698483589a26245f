//! How many tests passed and failed, read from what the tools print.

use std::ops::Add;

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

impl Count {
    pub fn one_passed() -> Count {
        Count { passed: 1, failed: 0 }
    }

    pub fn one_failed() -> Count {
        Count { passed: 0, failed: 1 }
    }

    /// Reads the closing line of a test program: libtest's `test result: ok. 3 passed; 0 failed; …`, or
    /// `3 passed, 0 failed` at the beginning of a line, as the browser tests print it. Every other line counts nothing.
    pub fn in_line(line: &str) -> Count {
        let sum = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
            .map_or(line, |(_, sum)| sum);
        let mut parts = sum.split([';', ',']).map(str::trim);
        let number = |part: Option<&str>, what: &str| part?.strip_suffix(what)?.trim().parse().ok();
        match (number(parts.next(), "passed"), number(parts.next(), "failed")) {
            (Some(passed), Some(failed)) => Count { passed, failed },
            _ => Count::default(),
        }
    }
}

impl Add for Count {
    type Output = Count;

    fn add(self, other: Count) -> Count {
        Count { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted_and_others_are_not() {
        for (line, passed, failed) in [
            (
                "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s",
                12,
                0,
            ),
            ("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured", 3, 2),
            ("8 passed, 1 failed", 8, 1),
            ("test tests::nothing_failed ... ok", 0, 0),
            ("they said 3 passed, 4 failed", 0, 0),
            ("", 0, 0),
        ] {
            assert_eq!(Count::in_line(line), Count { passed, failed }, "{line}");
        }
    }
}
