//! Matroska files that were cut short, made readable: a strict parser refuses a segment that ends behind the file.

use crate::source::{Source, Window};
use std::io;

const SEGMENT: u64 = 0x1853_8067;
const SEEK_HEAD: u64 = 0x114D_9B74;
const CLUSTER: u64 = 0x1F43_B675;
/// Elements looked at before the first cluster.
const MOST_ELEMENTS: usize = 256;

/// An element of EBML (RFC 8794): its header and the length of its content, unless that is unknown.
struct Element {
    id: u64,
    at: u64,
    size_at: u64,
    body: u64,
    size: Option<u64>,
}

/// A variable-length number at `at`: its value with or without the bits that give its length, and its width.
fn number(window: &mut Window, at: u64, keep_length: bool) -> io::Result<Option<(u64, u64)>> {
    let Some(first) = window.bytes(at, 1)?.first().copied() else { return Ok(None) };
    let width = first.leading_zeros() as usize + 1;
    let bytes = window.bytes(at, width)?;
    if width > 8 || bytes.len() < width {
        return Ok(None);
    }
    let value = bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    let length_bit = 1u64 << (7 * width);
    Ok(Some((if keep_length { value } else { value & (length_bit - 1) }, width as u64)))
}

fn element(window: &mut Window, at: u64) -> io::Result<Option<Element>> {
    let Some((id, id_width)) = number(window, at, true)? else { return Ok(None) };
    let size_at = at + id_width;
    let Some((size, width)) = number(window, size_at, false)? else { return Ok(None) };
    let unknown = size == (1 << (7 * width)) - 1;
    Ok(Some(Element { id, at, size_at, body: size_at + width, size: (!unknown).then_some(size) }))
}

/// The file; if it ends before its segment does, with a segment of unknown length and without the directory that points
/// behind the end. Gives also what is missing.
pub(crate) fn repaired(mut window: Window) -> io::Result<(Source, Option<String>)> {
    let length = window.length();
    let header = element(&mut window, 0)?;
    let segment_at = header.and_then(|header| header.body.checked_add(header.size?));
    let segment = match segment_at {
        Some(at) => element(&mut window, at)?.filter(|segment| segment.id == SEGMENT),
        None => None,
    };
    let Some(segment) = segment else { return Ok((window.into_source()?, None)) };
    let end = segment.size.map(|size| segment.body.saturating_add(size));
    let Some(end) = end.filter(|end| *end > length) else { return Ok((window.into_source()?, None)) };
    let mut patches = vec![(segment.size_at, unknown(segment.body - segment.size_at))];
    let mut at = segment.body;
    for _ in 0..MOST_ELEMENTS {
        let Some(child) = element(&mut window, at)? else { break };
        let Some(size) = child.size.filter(|_| child.id != CLUSTER) else { break };
        if child.id == SEEK_HEAD {
            patches.push((child.at, void(child.body - child.at, size)));
        }
        at = child.body.saturating_add(size);
    }
    let mut source = window.into_source()?;
    for (offset, bytes) in patches {
        source = source.patched(offset, &bytes);
    }
    Ok((source, Some(format!("the file holds {length} bytes, its header promises {end}; it was cut short"))))
}

/// "Unknown" as a length of `width` bytes.
fn unknown(width: u64) -> Vec<u8> {
    let mut bytes = vec![0xFF; width as usize];
    bytes[0] = 0xFF >> (width - 1);
    bytes
}

/// The header of an element that is to be ignored, in place of a header of `header` bytes before `size` bytes.
fn void(header: u64, size: u64) -> Vec<u8> {
    let width = (header - 1).min(8);
    let value = (size + header - 1 - width) | (1 << (7 * width));
    let mut bytes = vec![0xEC];
    bytes.extend(&value.to_be_bytes()[8 - width as usize..]);
    bytes
}
