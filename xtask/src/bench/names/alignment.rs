//! Which word of the reference a word of the output answers to, with the fewest errors.

/// The alignment of two texts with the fewest errors (each missing, added or other word costs 1).
pub struct Alignment {
    /// For each word of the reference the equal word of the output that answers to it.
    pub forward: Vec<Option<usize>>,
    /// The same the other way.
    pub back: Vec<Option<usize>>,
    /// Missing, added and other words.
    pub errors: usize,
}

/// How a path came to a diagonal.
#[derive(Clone, Copy)]
enum Move {
    Other,
    Missing,
    Added,
}

/// For each number of errors, on each diagonal (column - row, from -errors on), the furthest row; [`NOWHERE`] where no path is.
struct Reach {
    lines: Vec<Vec<i32>>,
    height: i32,
    width: i32,
}

const NOWHERE: i32 = i32::MIN / 2;

impl Reach {
    fn at(&self, errors: i32, diagonal: i32) -> i32 {
        let line = usize::try_from(errors).ok().and_then(|errors| self.lines.get(errors));
        let place = usize::try_from(errors + diagonal).ok();
        line.zip(place).and_then(|(line, place)| line.get(place)).copied().unwrap_or(NOWHERE)
    }

    /// The furthest row at which a path with its last error, the `errors`th, arrives on `diagonal`.
    fn arrival(&self, errors: i32, diagonal: i32) -> (i32, Move) {
        let other = self.at(errors - 1, diagonal);
        let missing = self.at(errors - 1, diagonal + 1);
        let added = self.at(errors - 1, diagonal - 1);
        [
            (other + 1, Move::Other, other < self.height && other + diagonal < self.width),
            (missing + 1, Move::Missing, missing < self.height),
            (added, Move::Added, added + diagonal <= self.width),
        ]
        .into_iter()
        .filter(|&(row, _, possible)| possible && row >= 0)
        .map(|(row, by, _)| (row, by))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .unwrap_or((NOWHERE, Move::Other))
    }
}

/// Aligns by furthest-reaching paths on diagonals (Ukkonen 1985; Landau and Vishkin 1989): exact, and the work grows with the
/// length and the square of the errors instead of the product of the lengths.
pub fn align<T: PartialEq>(reference: &[T], output: &[T]) -> Alignment {
    let (height, width) = (reference.len() as i32, output.len() as i32);
    let mut reach = Reach { lines: Vec::new(), height, width };
    let slide = |mut row: i32, diagonal: i32| {
        while row < height
            && row + diagonal < width
            && reference[row as usize] == output[(row + diagonal) as usize]
        {
            row += 1;
        }
        row
    };
    let mut errors = 0;
    loop {
        let arrive = |diagonal| if errors == 0 { 0 } else { reach.arrival(errors, diagonal).0 };
        let line = (-errors..=errors).map(|diagonal| match arrive(diagonal) {
            row if row + diagonal >= 0 && row >= 0 => slide(row, diagonal),
            _ => NOWHERE,
        });
        let line = line.collect();
        reach.lines.push(line);
        if reach.at(errors, width - height) == height {
            break;
        }
        errors += 1;
    }
    trace(&reach, errors)
}

fn trace(reach: &Reach, errors: i32) -> Alignment {
    let mut forward = vec![None; reach.height as usize];
    let mut back = vec![None; reach.width as usize];
    let (mut row, mut diagonal) = (reach.height, reach.width - reach.height);
    for left in (0..=errors).rev() {
        let (from, by) = if left == 0 { (0, Move::Other) } else { reach.arrival(left, diagonal) };
        while row > from {
            row -= 1;
            forward[row as usize] = Some((row + diagonal) as usize);
            back[(row + diagonal) as usize] = Some(row as usize);
        }
        match by {
            Move::Other => row -= 1,
            Move::Missing => (row, diagonal) = (row - 1, diagonal + 1),
            Move::Added => diagonal -= 1,
        }
    }
    Alignment { forward, back, errors: errors as usize }
}

#[cfg(test)]
mod tests {
    use super::super::super::score;
    use super::align;

    #[test]
    fn finds_as_few_errors_as_the_full_table_and_only_equal_pairs() {
        let mut state = 7_u32;
        let mut next = move |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        for _ in 0..300 {
            let reference: Vec<u32> = (0..next(30)).map(|_| next(6)).collect();
            let output: Vec<u32> = (0..next(30)).map(|_| next(6)).collect();
            let found = align(&reference, &output);
            let table = score::align(&reference, &output);
            let fewest = table.iter().filter(|step| **step != score::Step::Same).count();
            assert_eq!(found.errors, fewest, "{reference:?} {output:?}");
            let pairs: Vec<_> =
                found.forward.iter().enumerate().filter_map(|(at, to)| Some((at, (*to)?))).collect();
            assert!(pairs.windows(2).all(|pair| pair[0].1 < pair[1].1), "{reference:?} {output:?} {pairs:?}");
            assert!(pairs.iter().all(|&(at, to)| reference[at] == output[to] && found.back[to] == Some(at)));
            // Every pair saves an error against the shorter of the paths around it, so none may be lost.
            assert!(pairs.len() + found.errors >= reference.len().max(output.len()));
        }
    }
}
