use super::frames::{Closing, Frame, Header, read_frame, read_header};
use super::{Limits, Opened};
use crate::complaints::Complaints;
use crate::{Block, MediaError, Reader, SAMPLE_RATE};
use std::io::{self, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// Blocks that wait in the parent: enough to keep both processes busy, little memory.
const AHEAD: usize = 8;

/// Opens `path` in a child process: `program` with `args` and the path, which is to call [`super::decode_here`] with
/// its standard output. The child is killed when the reader is dropped.
///
/// # Errors
/// Those of [`crate::open`], and [`MediaError::Stalled`] and [`MediaError::Decoder`] when the child hangs, dies or
/// cannot be started before it said what the file is.
pub fn open_caged(program: &Path, args: &[&str], path: &Path, limits: &Limits) -> Result<Opened, MediaError> {
    let name = path.display().to_string();
    let broken = |what: String| MediaError::Decoder { path: name.clone(), what };
    let mut child = Command::new(program)
        .args(args)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| broken(format!("cannot be started ({error})")))?;
    let output = child.stdout.take();
    let child = Cage { child };
    let output = output.ok_or_else(|| broken("has no output".into()))?;
    let (sender, receiver) = sync_channel(AHEAD);
    // A pipe cannot be read with a time limit; a thread reads it, and ends when the child or the parent does.
    thread::Builder::new()
        .name("caged decoder".into())
        .spawn(move || {
            let mut input = BufReader::with_capacity(1 << 16, output);
            let header = read_header(&mut input).map(Message::Header);
            let mut more = header.is_ok();
            if sender.send(header).is_err() {
                return;
            }
            while more {
                let frame = read_frame(&mut input);
                more = matches!(frame, Ok(Frame::Samples(_)));
                if sender.send(frame.map(Message::Frame)).is_err() {
                    return;
                }
            }
        })
        .map_err(|error| broken(format!("cannot be watched ({error})")))?;
    let mut reader = CagedReader {
        path: name.clone(),
        child: Some(child),
        receiver,
        stall: limits.stall,
        given: 0,
        partial: None,
        complaints: Complaints::new(limits.complaints),
    };
    match reader.receive() {
        Ok(Message::Header(Header::Opened { info, tags })) => {
            Ok(Opened { info, tags, reader: Reader::caged(reader) })
        }
        Ok(Message::Header(Header::Error(error))) => Err(error),
        Ok(Message::Frame(_)) => Err(broken("answered out of order".into())),
        Err(error) => Err(error),
    }
}

enum Message {
    Header(Header),
    Frame(Frame),
}

/// A child that does not outlive its owner.
struct Cage {
    child: Child,
}

impl Drop for Cage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sound of a file that a child decodes.
pub(crate) struct CagedReader {
    path: String,
    child: Option<Cage>,
    receiver: Receiver<io::Result<Message>>,
    stall: Duration,
    given: u64,
    partial: Option<String>,
    complaints: Complaints,
}

impl CagedReader {
    pub fn partial(&self) -> Option<&str> {
        self.partial.as_deref()
    }

    pub fn complaints(&self) -> &[String] {
        self.complaints.texts()
    }

    pub fn next_block(&mut self) -> Result<Option<Block>, MediaError> {
        if self.child.is_none() {
            return Ok(None);
        }
        match self.receive() {
            Ok(Message::Frame(Frame::Samples(samples))) => {
                let start = self.given;
                self.given += samples.len() as u64;
                Ok(Some(Block { start, samples }))
            }
            Ok(Message::Frame(Frame::Closing(Closing { partial, complaints, error }))) => {
                self.child = None;
                self.partial = partial;
                self.complaints.replace(complaints);
                error.map_or(Ok(None), Err)
            }
            Ok(Message::Header(_)) => self
                .fail(MediaError::Decoder { path: self.path.clone(), what: "answered out of order".into() }),
            Err(error) => self.fail(error),
        }
    }

    /// The child is lost. After some sound that is a partial result, before any it is an error.
    fn fail(&mut self, error: MediaError) -> Result<Option<Block>, MediaError> {
        self.child = None;
        if self.given == 0 {
            return Err(error);
        }
        let reason = match &error {
            MediaError::Stalled { seconds, .. } => {
                format!("the decoder stopped making progress for {seconds} s")
            }
            MediaError::Decoder { what, .. } => format!("the decoder {what}"),
            error => error.to_string(),
        };
        let end = self.given as f64 / f64::from(SAMPLE_RATE);
        self.partial = Some(format!("heard up to {} only: {reason}", crate::timeline::spoken(end)));
        Ok(None)
    }

    fn receive(&mut self) -> Result<Message, MediaError> {
        match self.receiver.recv_timeout(self.stall) {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(error)) => Err(self.died(&error)),
            Err(RecvTimeoutError::Disconnected) => Err(self.died(&io::ErrorKind::UnexpectedEof.into())),
            Err(RecvTimeoutError::Timeout) => {
                Err(MediaError::Stalled { path: self.path.clone(), seconds: self.stall.as_secs() })
            }
        }
    }

    fn died(&mut self, error: &io::Error) -> MediaError {
        let what =
            if error.kind() == io::ErrorKind::UnexpectedEof || error.kind() == io::ErrorKind::InvalidData {
                // Its output has ended, so it is dying or dead; killing what is dead changes nothing.
                let status = self.child.as_mut().and_then(|cage| {
                    let _ = cage.child.kill();
                    cage.child.wait().ok()
                });
                format!("died on it ({})", status.map_or("no status".into(), |status| status.to_string()))
            } else {
                format!("answered nonsense ({error})")
            };
        MediaError::Decoder { path: self.path.clone(), what }
    }
}
