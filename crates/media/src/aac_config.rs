//! The AudioSpecificConfig of AAC (ISO/IEC 14496-3, 1.6.2.1), read and reduced to its plain AAC-LC core.
//!
//! HE-AAC is AAC-LC at half the rate plus data that describe the upper half of the band. Speech recognition needs
//! nothing above 8 kHz, so the core is enough, and a decoder that knows only AAC-LC can be given it.

/// What an AudioSpecificConfig says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AacConfig {
    /// The type of the core: 2 is AAC-LC.
    pub object_type: u32,
    /// Samples a second of the core.
    pub core_rate: u32,
    /// 1 to 7 as in table 1.19; 0 means that the stream defines its channels itself.
    pub channel_configuration: u32,
    /// Spectral band replication is signalled: HE-AAC.
    pub sbr: bool,
    /// Frames of 960 samples instead of 1024.
    pub short_frames: bool,
}

const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Samples a second for an index of table 1.18.
pub(crate) fn rate_of_index(index: u32) -> Option<u32> {
    RATES.get(index as usize).copied()
}

impl AacConfig {
    /// Reads `bytes`; `None` when they end too early or name a rate that does not exist.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bits = Bits { bytes, position: 0 };
        let mut object_type = object_type_of(&mut bits)?;
        let core_rate = rate(&mut bits)?;
        let channel_configuration = bits.take(4)?;
        let mut sbr = false;
        if matches!(object_type, 5 | 29) {
            sbr = true;
            rate(&mut bits)?;
            object_type = object_type_of(&mut bits)?;
        }
        let short_frames = bits.take(1)? == 1;
        if !sbr && object_type == 2 {
            sbr = implicit_sbr(&mut bits).unwrap_or(false);
        }
        Some(Self { object_type, core_rate, channel_configuration, sbr, short_frames })
    }

    /// The core alone as an AudioSpecificConfig; `None` when it is not AAC-LC in one or two channels.
    pub fn plain(&self) -> Option<Vec<u8>> {
        if self.object_type != 2 || self.short_frames || !matches!(self.channel_configuration, 1 | 2) {
            return None;
        }
        let mut bits: Vec<(u32, u32)> = vec![(2, 5)];
        match RATES.iter().position(|rate| *rate == self.core_rate) {
            Some(index) => bits.push((index as u32, 4)),
            None => bits.extend([(15, 4), (self.core_rate, 24)]),
        }
        bits.extend([(self.channel_configuration, 4), (0, 3)]);
        let (mut bytes, mut held, mut count) = (Vec::new(), 0u64, 0);
        for (value, width) in bits {
            held = held << width | u64::from(value);
            count += width;
            while count >= 8 {
                count -= 8;
                bytes.push((held >> count) as u8);
            }
        }
        if count > 0 {
            bytes.push((held << (8 - count)) as u8);
        }
        Some(bytes)
    }

    /// Why [`plain`](Self::plain) gives nothing, as the name of the codec.
    pub fn name(&self) -> String {
        match (self.object_type, self.channel_configuration) {
            (2, 0) => "AAC with channels of its own order".into(),
            (2, count @ 3..) => format!("AAC with {} channels", if count == 7 { 8 } else { count }),
            (2, _) if self.short_frames => "AAC with frames of 960 samples".into(),
            (2, _) if self.sbr => "HE-AAC".into(),
            (2, _) => "AAC-LC".into(),
            (1, _) => "AAC Main".into(),
            (23 | 39, _) => "AAC-LD".into(),
            (42, _) => "xHE-AAC".into(),
            (other, _) => format!("AAC of type {other}"),
        }
    }
}

/// The backward-compatible sign of SBR behind the AAC-LC part (1.6.5.3): a sync word of 11 bits, 0x2B7.
fn implicit_sbr(bits: &mut Bits<'_>) -> Option<bool> {
    if bits.take(1)? == 1 {
        bits.take(14)?;
    }
    bits.take(1)?;
    if bits.take(11)? != 0x2B7 || object_type_of(bits)? != 5 {
        return Some(false);
    }
    Some(bits.take(1)? == 1)
}

fn object_type_of(bits: &mut Bits<'_>) -> Option<u32> {
    Some(match bits.take(5)? {
        31 => 32 + bits.take(6)?,
        kind => kind,
    })
}

fn rate(bits: &mut Bits<'_>) -> Option<u32> {
    let rate = match bits.take(4)? {
        15 => bits.take(24)?,
        index => rate_of_index(index)?,
    };
    (rate > 0).then_some(rate)
}

struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.position / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_signalling_he_aac_leads_to_its_core() {
        // (bytes, core rate, SBR, plain form)
        let cases: [(&[u8], u32, bool, &[u8]); 5] = [
            (&[0x12, 0x10], 44_100, false, &[0x12, 0x10]),
            // Type 5 (SBR), core 22,050, stereo, extended to 44,100, then type 2.
            (&[0x2B, 0x92, 0x08, 0x00], 22_050, true, &[0x13, 0x90]),
            // Type 29 (SBR and parametric stereo), core 22,050, mono.
            (&[0xEB, 0x8A, 0x08, 0x00], 22_050, true, &[0x13, 0x88]),
            // Type 2 at 24,000, then the sync word, type 5 and the flag.
            (&[0x13, 0x10, 0x56, 0xE5, 0x98], 24_000, true, &[0x13, 0x10]),
            // The same without the flag.
            (&[0x13, 0x10, 0x56, 0xE5, 0x00], 24_000, false, &[0x13, 0x10]),
        ];
        for (bytes, core_rate, sbr, plain) in cases {
            let config = AacConfig::parse(bytes).unwrap();
            assert_eq!((config.core_rate, config.sbr), (core_rate, sbr), "{bytes:x?}");
            assert_eq!(config.plain().as_deref(), Some(plain), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_not_the_plain_core_is_named() {
        let surround = AacConfig::parse(&[0x11, 0xB0]).unwrap();
        assert_eq!((surround.plain(), surround.name().as_str()), (None, "AAC with 6 channels"));
        assert_eq!(AacConfig::parse(&[0x12]), None);
        assert_eq!(AacConfig::parse(&[0x16, 0x90]), None, "rate index 13 does not exist");
    }
}
