//! Placing decoded sound in time: the packets' times decide, not the count of samples.

use crate::complaints::Complaints;
use crate::resample::Resampler;
use crate::{Block, Limits, SAMPLE_RATE};
use std::collections::VecDeque;
use std::time::Duration;

/// Deviation in seconds between a packet's time and the end of the sound before it that is put right at once.
const JUMP: f64 = 0.040;
/// Deviation that is put right when it lasts: containers round times to milliseconds, and live recorders jitter.
const DRIFT: f64 = 0.012;
/// Packets in a row that must deviate in the same direction before a drift is put right.
const DRIFT_PACKETS: u32 = 25;
/// Rest of an overlap that is still cut out once cutting has begun, in seconds.
const CUT: f64 = 0.001;
/// Seconds beyond the length in the header that a gap may still reach.
const SLACK: f64 = 10.0;
/// Longest overlap in seconds that is cut out; a longer step back is a clock that was set anew.
const OVERLAP: f64 = 1.0;

/// Takes pieces of mono sound with their times, gives contiguous blocks at 16 kHz from 0 on.
pub(crate) struct Timeline {
    pieces: VecDeque<Piece>,
    /// Output samples in all, given out or waiting.
    written: u64,
    given: u64,
    resampler: Option<Resampler>,
    /// Where the sound that is being fed began, in seconds, and how many samples came since, at which rate.
    origin: f64,
    fed: u64,
    rate: u32,
    started: bool,
    /// True while the resampler holds sound of the present run.
    running: bool,
    /// Added to every time of the media: nonzero after jumps that were not believed.
    shift: f64,
    last_time: Option<f64>,
    deviating: i32,
    /// An overlap is being cut out, packet by packet.
    cutting: bool,
    filled: f64,
    /// Length of the media as its header gives it, in seconds.
    promised: Option<f64>,
    limits: Limits,
    full: bool,
}

enum Piece {
    Sound(Vec<f32>),
    Silence(u64),
}

impl Timeline {
    /// An empty timeline; `promised` is the media's length in seconds, where its header gives it.
    pub fn new(limits: &Limits, promised: Option<f64>) -> Self {
        Self {
            pieces: VecDeque::new(),
            written: 0,
            given: 0,
            resampler: None,
            origin: 0.0,
            fed: 0,
            rate: SAMPLE_RATE,
            started: false,
            running: false,
            shift: 0.0,
            last_time: None,
            deviating: 0,
            cutting: false,
            filled: 0.0,
            promised,
            limits: limits.clone(),
            full: false,
        }
    }

    /// Where the next sound goes if it carries no time, in seconds.
    pub fn end(&self) -> f64 {
        self.origin + self.fed as f64 / f64::from(self.rate)
    }

    /// True once the limit of the timeline's length is reached; what comes later is dropped.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Output samples waiting to be given out.
    pub fn waiting(&self) -> u64 {
        self.written - self.given
    }

    /// The clock of the media starts anew at `time` (next link of a chained file). Before its 0 lies what the encoder
    /// needed to start, which is cut out.
    pub fn restart_clock(&mut self, time: f64) {
        self.shift = self.end() - time.max(0.0);
        (self.last_time, self.cutting) = (None, true);
    }

    /// Adds `samples` at `rate` that begin at `time` seconds of the media, or follow what came before.
    pub fn place(&mut self, time: Option<f64>, rate: u32, samples: &[f32], complaints: &mut Complaints) {
        if samples.is_empty() || rate == 0 || self.full {
            return;
        }
        let mut skip = 0;
        // Frames laced into one block carry one time; only the first of them is at it.
        let time = time.filter(|time| time.is_finite() && self.last_time != Some(*time));
        if let Some(time) = time {
            self.last_time = Some(time);
            skip = self.follow(time, rate, complaints);
        }
        if rate != self.rate {
            let end = self.end();
            self.end_run();
            (self.origin, self.fed, self.rate) = (end, 0, rate);
        }
        self.started = true;
        let skip = skip.min(samples.len());
        self.feed(&samples[skip..]);
    }

    /// Compares `time` with where we are; moves forward over a gap, or returns how many samples overlap.
    fn follow(&mut self, time: f64, rate: u32, complaints: &mut Complaints) -> usize {
        let mut time = time + self.shift;
        if !self.started {
            if time > self.limits.first_sound.as_secs_f64() {
                complaints.add("late-begin", || {
                    format!(
                        "the sound begins at {} on the file's own clock, taken as the begin",
                        spoken(time)
                    )
                });
                self.shift -= time;
                time = 0.0;
            }
            // Before 0 lies what the encoder needed to start; `feed` drops it.
            (self.origin, self.fed, self.rate) = (time, 0, rate);
            return 0;
        }
        let deviation = time - self.end();
        let direction = if deviation > DRIFT {
            1
        } else if deviation < -DRIFT {
            -1
        } else {
            0
        };
        self.deviating =
            if self.deviating.signum() == direction { self.deviating + direction } else { direction };
        let cutting = std::mem::take(&mut self.cutting) && deviation < -CUT;
        if !cutting && deviation.abs() < JUMP && self.deviating.unsigned_abs() < DRIFT_PACKETS {
            return 0;
        }
        self.deviating = 0;
        if deviation > 0.0 {
            let known = self.promised.is_none_or(|promised| time <= promised * 1.01 + SLACK);
            let believed = known
                && deviation <= self.limits.gap.as_secs_f64()
                && self.filled + deviation <= self.limits.gaps.as_secs_f64();
            if !believed {
                let at = self.end();
                complaints.add("jump", || {
                    format!(
                        "the file's clock jumps ahead by {} at {}, ignored",
                        spoken(deviation),
                        spoken(at)
                    )
                });
                self.shift -= deviation;
                return 0;
            }
            self.filled += deviation;
            self.end_run();
            (self.origin, self.fed, self.rate) = (time, 0, rate);
            0
        } else if -deviation <= OVERLAP {
            self.cutting = true;
            (-deviation * f64::from(rate)).round() as usize
        } else {
            let at = self.end();
            complaints.add("step-back", || {
                format!("the file's clock steps back by {} at {}, ignored", spoken(-deviation), spoken(at))
            });
            self.shift -= deviation;
            0
        }
    }

    fn feed(&mut self, samples: &[f32]) {
        let mut samples = samples;
        let position = self.end();
        if position < 0.0 {
            let early = (-position * f64::from(self.rate)).round() as usize;
            let early = early.min(samples.len());
            self.fed += early as u64;
            samples = &samples[early..];
        }
        if samples.is_empty() {
            return;
        }
        if self.resampler.as_ref().is_none_or(|resampler| resampler.rate() != self.rate) {
            self.end_run();
            self.resampler = Some(Resampler::new(self.rate));
        }
        if !self.running {
            self.running = true;
            let begin = (self.end().max(0.0) * f64::from(SAMPLE_RATE)).round() as u64;
            self.push_silence(begin.saturating_sub(self.written));
        }
        self.fed += samples.len() as u64;
        let mut output = match self.pieces.back_mut() {
            Some(Piece::Sound(sound)) if sound.len() < SAMPLE_RATE as usize => std::mem::take(sound),
            _ => {
                self.pieces.push_back(Piece::Sound(Vec::new()));
                Vec::with_capacity(2 * SAMPLE_RATE as usize)
            }
        };
        let before = output.len();
        if let Some(resampler) = &mut self.resampler {
            resampler.feed(samples, &mut output);
        }
        self.written += (output.len() - before) as u64;
        if let Some(Piece::Sound(sound)) = self.pieces.back_mut() {
            *sound = output;
        }
        self.full = self.written >= self.most();
    }

    fn most(&self) -> u64 {
        self.limits.duration.as_secs().saturating_mul(u64::from(SAMPLE_RATE))
    }

    fn push_silence(&mut self, count: u64) {
        if count > 0 {
            self.written += count;
            self.pieces.push_back(Piece::Silence(count));
        }
    }

    /// Ends the sound that is being fed: what is still in the filter comes out.
    fn end_run(&mut self) {
        if let (true, Some(resampler)) = (std::mem::take(&mut self.running), &mut self.resampler) {
            let mut rest = Vec::new();
            resampler.finish(&mut rest);
            self.written += rest.len() as u64;
            self.pieces.push_back(Piece::Sound(rest));
        }
    }

    /// No more sound will come.
    pub fn finish(&mut self) {
        self.end_run();
        self.resampler = None;
    }

    /// The next block, of exactly a second; at the end (`last`) of what is left.
    pub fn take(&mut self, last: bool) -> Option<Block> {
        let wanted = SAMPLE_RATE as usize;
        if self.waiting() == 0 || (!last && self.waiting() < wanted as u64) {
            return None;
        }
        let mut samples: Vec<f32> = Vec::with_capacity(wanted);
        while samples.len() < wanted {
            let room = wanted - samples.len();
            match self.pieces.front_mut() {
                None => break,
                Some(Piece::Silence(count)) => {
                    let some = room.min(usize::try_from(*count).unwrap_or(room));
                    samples.resize(samples.len() + some, 0.0);
                    *count -= some as u64;
                    if *count > 0 {
                        break;
                    }
                }
                Some(Piece::Sound(sound)) if sound.len() > room => {
                    samples.extend(sound.drain(..room));
                    break;
                }
                Some(Piece::Sound(sound)) => samples.append(sound),
            }
            self.pieces.pop_front();
        }
        // The filter may swing beyond full scale by a little.
        samples.iter_mut().for_each(|value| *value = value.clamp(-1.0, 1.0));
        let start = self.given;
        self.given += samples.len() as u64;
        Some(Block { start, samples })
    }
}

/// A length of time for a sentence.
pub(crate) fn spoken(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.2} s"),
        s if s < 100.0 * 3600.0 => model::Millis::from_seconds(s).to_string(),
        s if s < 1000.0 * 86400.0 => format!("{:.0} days", s / 86400.0),
        s => format!("{:.0} years", s / (365.25 * 86400.0)),
    }
}

/// The same for a limit.
pub(crate) fn spoken_duration(duration: Duration) -> String {
    spoken(duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8_000;
    /// Samples of a packet: 20 ms.
    const PACKET: usize = 160;

    /// Places packets of 20 ms at `times`, each filled with its number; gives the sound and the complaints.
    fn placed(times: &[f64]) -> (Vec<f32>, Vec<String>) {
        let (mut timeline, mut complaints) = (Timeline::new(&Limits::default(), None), Complaints::new(32));
        let (mut sound, mut next) = (Vec::new(), 0);
        for (number, time) in (1..).zip(times) {
            timeline.place(Some(*time), RATE, &[number as f32 / 4000.0; PACKET], &mut complaints);
        }
        timeline.finish();
        while let Some(block) = timeline.take(true) {
            assert_eq!(block.start, next);
            next += block.samples.len() as u64;
            sound.extend(block.samples);
        }
        (sound, complaints.texts().to_vec())
    }

    /// Number of the packet that is heard at `time`, from its middle.
    fn packet_at(sound: &[f32], time: f64) -> usize {
        (f64::from(sound[(time * 16_000.0) as usize]) * 4000.0).round() as usize
    }

    fn steady(count: usize) -> Vec<f64> {
        (0..count).map(|packet| packet as f64 * 0.02).collect()
    }

    #[test]
    fn rounded_and_equal_times_change_nothing() {
        let exact = placed(&steady(500));
        let rounded: Vec<f64> =
            steady(500).iter().map(|time| (time * 100.0 / 3.0).round() * 3.0 / 100.0).collect();
        assert_eq!(placed(&rounded), exact);
        // Eight frames in one block, all with the time of the first.
        let laced: Vec<f64> = (0..500).map(|packet| f64::from(packet / 8 * 8) * 0.02).collect();
        assert_eq!(placed(&laced), exact);
        assert_eq!(exact.0.len(), 160_000);
    }

    #[test]
    fn gaps_are_filled_and_overlaps_cut() {
        let mut times = steady(100);
        times[50..].iter_mut().for_each(|time| *time += 7.5);
        let (sound, complaints) = placed(&times);
        assert_eq!((packet_at(&sound, 0.99), packet_at(&sound, 5.0), packet_at(&sound, 8.51)), (50, 0, 51));
        assert_eq!((sound.len(), complaints.len()), (152_000, 0));
        let mut times = steady(100);
        times[50..].iter_mut().for_each(|time| *time -= 0.1);
        let (sound, complaints) = placed(&times);
        assert_eq!((packet_at(&sound, 0.99), packet_at(&sound, 1.01)), (50, 56));
        assert_eq!((sound.len(), complaints.len()), (30_400, 0));
    }

    #[test]
    fn a_clock_that_runs_differently_is_followed() {
        // Packets of 20 ms every 20.1 ms: after 2000 of them 200 ms are missing, wherever one looks.
        let times: Vec<f64> = (0..2000).map(|packet| f64::from(packet) * 0.0201).collect();
        let (sound, _) = placed(&times);
        for number in [500, 1000, 1500, 1990] {
            let at = times[number] + 0.01;
            let found = (0..50).find(|step| packet_at(&sound, at - f64::from(*step) / 1000.0) == number + 1);
            assert!(found.is_some(), "packet {number} is more than 50 ms off");
        }
    }

    #[test]
    fn clocks_that_lie_are_not_believed() {
        let year = 365.0 * 86_400.0;
        for jump in [30.0 * year, 2.0 * 3600.0, -5.0, -30.0 * year, f64::MAX, f64::NAN, f64::NEG_INFINITY] {
            let mut times = steady(200);
            times[50..].iter_mut().for_each(|time| *time += jump);
            let (sound, complaints) = placed(&times);
            assert_eq!(sound.len(), 64_000, "a jump of {jump}");
            assert_eq!(complaints.len(), usize::from(jump.is_finite()));
        }
        // Back and forth again and again fills no more than allowed in all.
        let times: Vec<f64> = (0..60).map(|packet| f64::from(packet) * 3000.0).collect();
        let (sound, complaints) = placed(&times);
        assert!(sound.len() as f64 / 16_000.0 <= 12.0 * 3600.0 + 2.0);
        assert!(complaints[0].contains("jumps ahead"));
        // A recording cut from a live stream begins at its begin.
        let late: Vec<f64> = steady(50).iter().map(|time| time + 86_400.0).collect();
        assert_eq!(placed(&late).0.len(), 16_000);
    }

    #[test]
    fn what_lies_before_the_begin_is_dropped_and_a_late_begin_kept() {
        let early: Vec<f64> = steady(50).iter().map(|time| time - 0.05).collect();
        let (sound, _) = placed(&early);
        assert_eq!((sound.len(), packet_at(&sound, 0.005), packet_at(&sound, 0.02)), (15_200, 3, 4));
        let late: Vec<f64> = steady(50).iter().map(|time| time + 0.7).collect();
        let (sound, _) = placed(&late);
        assert_eq!((sound.len(), packet_at(&sound, 0.3), packet_at(&sound, 0.71)), (27_200, 0, 1));
    }
}
