//! How far found boundaries are from the true ones.

/// Pk (Beeferman, Berger and Lafferty, "Statistical Models for Text Segmentation", Machine Learning 34, 1999): how often two
/// words at half a mean segment's distance are wrongly said to be in one segment or in two. 0 is right.
pub fn pk(truth: &[usize], found: &[usize], words: usize) -> f64 {
    windows(truth, found, words, |truth, found| (truth == 0) != (found == 0))
}

/// WindowDiff (Pevzner and Hearst, Computational Linguistics 28, 2002): the same, where the number of boundaries between two
/// words must be right.
pub fn window_diff(truth: &[usize], found: &[usize], words: usize) -> f64 {
    windows(truth, found, words, |truth, found| truth != found)
}

fn windows(truth: &[usize], found: &[usize], words: usize, wrong: impl Fn(usize, usize) -> bool) -> f64 {
    let half = (words as f64 / (truth.len() + 1) as f64 / 2.0).round().max(1.0) as usize;
    let Some(last) = words.checked_sub(half).filter(|last| *last > 0) else { return 0.0 };
    let inside = |boundaries: &[usize], from: usize| {
        boundaries.iter().filter(|at| (from + 1..=from + half).contains(at)).count()
    };
    let errors = (0..last).filter(|from| wrong(inside(truth, *from), inside(found, *from))).count();
    errors as f64 / last as f64
}

/// As many equal parts as wanted.
pub fn even(words: usize, segments: usize) -> Vec<usize> {
    (1..segments).map(|number| words * number / segments).collect()
}

/// Share of the true boundaries with a found one within `near` words, and of the found ones with a true one.
pub fn hits(truth: &[usize], found: &[usize], near: usize) -> (usize, usize) {
    let close = |own: &[usize], other: &[usize]| {
        own.iter().filter(|at| other.iter().any(|there| there.abs_diff(**at) <= near)).count()
    };
    (close(truth, found), close(found, truth))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_costs_nothing_and_what_is_missed_half() {
        let truth = [100, 200, 300];
        assert!(pk(&truth, &truth, 400) < 1e-9 && window_diff(&truth, &truth, 400) < 1e-9);
        let none = pk(&truth, &[], 400);
        assert!((none - 150.0 / 350.0).abs() < 1e-9, "{none}");
        assert!((pk(&truth, &[110, 205, 290], 400) - 50.0 / 350.0).abs() < 1e-9);
        let crowd: Vec<usize> = (1..400).collect();
        assert!(window_diff(&truth, &crowd, 400) > 0.99 && pk(&truth, &crowd, 400) < 0.58);
        assert_eq!(even(400, 4), truth);
        assert_eq!(hits(&truth, &[104, 230], 5), (1, 1));
    }
}
