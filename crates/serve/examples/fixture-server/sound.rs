//! Recordings made by code.

use model::Millis;

const RATE: u64 = 8_000;

/// A soft, slowly changing tone: 8 kHz, 8 bit, mono WAV.
pub fn wav(duration: Millis) -> Vec<u8> {
    let samples = duration.0 * RATE / 1000;
    let mut bytes = Vec::with_capacity(samples as usize + 44);
    let long = |bytes: &mut Vec<u8>, value: u64| bytes.extend((value as u32).to_le_bytes());
    bytes.extend(b"RIFF");
    long(&mut bytes, samples + 36);
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    long(&mut bytes, RATE);
    long(&mut bytes, RATE);
    bytes.extend(b"\x01\0\x08\0data");
    long(&mut bytes, samples);
    bytes.extend((0..samples).map(|sample| {
        let time = sample as f64 / RATE as f64;
        let pitch = 180.0 + 40.0 * (time / 7.0).floor() % 5.0;
        (128.0 + 14.0 * (time * pitch * std::f64::consts::TAU).sin()) as u8
    }));
    bytes
}

/// Silence as FLAC (RFC 9639) with constant subframes: some hundred kilobytes for ten hours.
pub fn flac(duration: Millis) -> Vec<u8> {
    const BLOCK: u64 = 16_384;
    let frames = (duration.0 * RATE / 1000).div_ceil(BLOCK);
    let mut bytes = b"fLaC\x80\0\0\x22".to_vec();
    bytes.extend([(BLOCK as u16).to_be_bytes(); 2].concat());
    bytes.extend([0; 6]);
    // 20 bits of rate, 3 of channels - 1, 5 of bits - 1, 36 of samples.
    bytes.extend(((RATE << 44) | (15 << 36) | (frames * BLOCK)).to_be_bytes());
    bytes.extend([0; 16]);
    for number in 0..frames {
        let begin = bytes.len();
        bytes.extend([0xff, 0xf8, 0x74, 0x08]);
        let mut utf8 = [0; 4];
        // Frame numbers are coded as UTF-8 codes characters; those of ten hours lie below the surrogates.
        let coded = char::from_u32(number as u32).expect("fewer frames than 0xd800").encode_utf8(&mut utf8);
        bytes.extend(coded.bytes());
        bytes.extend(((BLOCK - 1) as u16).to_be_bytes());
        let header_check = crc(&bytes[begin..], 0x07, 8) as u8;
        bytes.extend([header_check, 0, 0, 0]);
        let frame_check = crc(&bytes[begin..], 0x8005, 16) as u16;
        bytes.extend(frame_check.to_be_bytes());
    }
    bytes
}

fn crc(bytes: &[u8], polynomial: u32, bits: u32) -> u32 {
    let top = 1 << (bits - 1);
    let step = |sum: u32| if sum & top != 0 { sum << 1 ^ polynomial } else { sum << 1 };
    let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte) << (bits - 8), |sum, _| step(sum));
    bytes.iter().fold(0, byte) & ((1_u32 << bits) - 1)
}
