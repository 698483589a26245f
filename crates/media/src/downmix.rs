//! Many channels to one.

/// Share of the channels' energy that must survive in their mean. Below it the channels cancel each other: they hold
/// the same sound with opposite sign (a microphone wired the wrong way round), and the mean would be near silence.
const CANCELLED: f64 = 0.02;
/// Share at which the mean is trusted again; higher, so that the choice does not flutter.
const RECOVERED: f64 = 0.08;
/// Seconds over which the energies are averaged.
const MEMORY: f64 = 0.3;

/// Mean of the channels; the loudest channel alone while the channels cancel each other.
#[derive(Default)]
pub(crate) struct Downmix {
    energy_of_mean: f64,
    energies: Vec<f64>,
    alone: Option<usize>,
}

impl Downmix {
    /// Mixes one packet's `planes` (one a channel, all of the same length) into `mono`, replacing what is in it.
    pub fn mix(&mut self, planes: &[Vec<f32>], rate: u32, mono: &mut Vec<f32>) {
        mono.clear();
        let Some(first) = planes.first() else { return };
        mono.extend_from_slice(first);
        if planes.len() > 1 {
            for plane in &planes[1..] {
                mono.iter_mut().zip(plane).for_each(|(sum, value)| *sum += value);
            }
            let share = 1.0 / planes.len() as f32;
            mono.iter_mut().for_each(|value| *value *= share);
            self.watch(planes, rate, mono);
        }
        // NaN, infinity and nonsense come out of broken float files and would poison every filter behind this point.
        mono.iter_mut()
            .for_each(|value| *value = if value.is_finite() { value.clamp(-2.0, 2.0) } else { 0.0 });
    }

    fn watch(&mut self, planes: &[Vec<f32>], rate: u32, mono: &mut [f32]) {
        if self.energies.len() != planes.len() {
            *self = Self { energies: vec![0.0; planes.len()], ..Self::default() };
        }
        if mono.is_empty() {
            return;
        }
        let forget = (-(mono.len() as f64) / (MEMORY * f64::from(rate.max(1)))).exp();
        let keep = |old: f64, samples: &[f32]| {
            let energy = f64::from(energy(samples));
            if energy.is_finite() { old * forget + energy * (1.0 - forget) } else { old }
        };
        self.energy_of_mean = keep(self.energy_of_mean, mono);
        for (old, plane) in self.energies.iter_mut().zip(planes) {
            *old = keep(*old, plane);
        }
        let parts = self.energies.iter().sum::<f64>() / planes.len() as f64;
        let share = if parts > 0.0 { self.energy_of_mean / parts } else { 1.0 };
        let before = self.alone;
        self.alone = match before {
            None if share < CANCELLED => {
                let loudness = |index: &usize| self.energies.get(*index).copied().unwrap_or_default();
                (0..planes.len()).max_by(|left, right| loudness(left).total_cmp(&loudness(right)))
            }
            Some(_) if share > RECOVERED => None,
            same => same,
        };
        if before.is_none() && self.alone.is_none() {
            return;
        }
        // Over the length of a packet from the one to the other, so that nothing clicks.
        let (from, to) = (f32::from(before.is_some()), f32::from(self.alone.is_some()));
        let Some(alone) = self.alone.or(before).and_then(|index| planes.get(index)) else { return };
        let length = mono.len() as f32;
        for (index, (value, other)) in mono.iter_mut().zip(alone).enumerate() {
            let weight = from + (to - from) * index as f32 / length;
            *value += (other - *value) * weight;
        }
    }
}

fn energy(samples: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let chunks = samples.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().map(|value| value * value).sum();
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value * value;
        }
    }
    (sums.iter().sum::<f32>() + rest) / samples.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(signal: &[f32]) -> f32 {
        energy(signal).sqrt()
    }

    #[test]
    fn channels_of_opposite_sign_are_heard_and_equal_ones_averaged() {
        let left: Vec<f32> = (0..1000).map(|n| (n as f32 * 0.3).sin() * 0.5).collect();
        let right: Vec<f32> = left.iter().map(|value| -value).collect();
        let (mut downmix, mut mono) = (Downmix::default(), Vec::new());
        for _ in 0..5 {
            downmix.mix(&[left.clone(), right.clone()], 44_100, &mut mono);
        }
        assert!((level(&mono) - level(&left)).abs() < 0.01);
        for _ in 0..60 {
            downmix.mix(&[left.clone(), left.clone()], 44_100, &mut mono);
        }
        assert_eq!(mono, left);
        downmix.mix(&[vec![f32::NAN; 4], vec![1e30; 4]], 44_100, &mut mono);
        assert!(mono.iter().all(|value| value.is_finite()));
    }
}
