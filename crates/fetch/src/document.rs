//! Small documents: feeds, transcripts, chapters, playlists, pictures.

use std::time::SystemTime;

use ureq::http::header;

use crate::body::Body;
use crate::decode::{self, ENCODINGS, Unpacked};
use crate::fetcher::{Answer, Asking, is_line};
use crate::turns::Lane;
use crate::{Document, Error, Fetcher, Outcome, PublicUrl, Request, Response, Validators, headers};

impl Fetcher {
    /// Fetches a small document into memory, unless it is unchanged.
    ///
    /// Blocks until the whole is there, at most [`Limits::document`](crate::Limits::document) and the time in the
    /// queue of its host. Errors: whatever is no document; see [`Error`].
    pub fn get(&self, request: &Request) -> Result<Response, Error> {
        self.get_in(Lane::Documents, request)
    }

    pub(crate) fn get_in(&self, lane: Lane, request: &Request) -> Result<Response, Error> {
        let most = request.max_bytes.unwrap_or(self.limits.document_bytes);
        let mut fields = vec![(header::ACCEPT_ENCODING, ENCODINGS.to_owned())];
        let sent = &request.validators;
        let known = [(header::IF_NONE_MATCH, &sent.etag), (header::IF_MODIFIED_SINCE, &sent.last_modified)];
        for (name, value) in known {
            fields.extend(value.clone().filter(|value| is_line(value)).map(|value| (name, value)));
        }
        let conditional = fields.len() > 1;
        let budget = received_at_most(most);
        let asking = Asking { lane, whole: Some(self.limits.document), budget, fields: &fields };
        let (answer, body) = self.ask(request, &asking)?;
        match answer.status {
            304 if conditional => {
                let own = validators(&answer);
                let validators = if own == Validators::default() { sent.clone() } else { own };
                Ok(self.response(answer, Outcome::NotModified, validators))
            }
            200 | 203 => self.document(answer, body, most),
            _ => Err(self.refuse(&answer)),
        }
    }

    fn document(&self, answer: Answer, body: Body, most: u64) -> Result<Response, Error> {
        let shown = answer.address.to_string();
        let encoding = answer.owned(header::CONTENT_ENCODING);
        let announced = answer.announced;
        if announced.is_some_and(|announced| announced > most) {
            return Err(Error::TooLarge { shown, limit: most });
        }
        let content_type = answer.owned(header::CONTENT_TYPE);
        let file_name = file_name(&answer);
        let unpacked = Unpacked::new(body, encoding.as_deref(), self.limits.ratio)?;
        let mut bytes = decode::read_all(unpacked, most, announced)?;
        // A feed that lies as a gzip file on a server which does not say so.
        if bytes.starts_with(&[0x1f, 0x8b, 8]) {
            bytes = decode::gunzip(&bytes, most, self.limits.ratio, &shown)?;
        }
        let document = Document { bytes, content_type, file_name };
        let validators = validators(&answer);
        Ok(self.response(answer, Outcome::Document(document), validators))
    }

    fn response(&self, answer: Answer, outcome: Outcome, validators: Validators) -> Response {
        let max_age = answer.field(header::CACHE_CONTROL).and_then(headers::max_age);
        let retry = || {
            let value = answer.field(header::RETRY_AFTER)?;
            headers::retry_after(value, SystemTime::now())
        };
        let fresh_for = max_age.or_else(retry).map(|time| time.min(self.limits.longest_wait));
        Response { outcome, validators, fresh_for, address: answer.address, moved: answer.moved }
    }
}

/// Bytes on the wire that a body of so many may take: chunks and head included, a body that is framed byte by byte not.
pub(crate) fn received_at_most(most: u64) -> u64 {
    most.saturating_mul(2).saturating_add(1 << 20)
}

pub(crate) fn validators(answer: &Answer) -> Validators {
    Validators { etag: answer.owned(header::ETAG), last_modified: answer.owned(header::LAST_MODIFIED) }
}

/// What the server calls the file, or what the address does.
pub(crate) fn file_name(answer: &Answer) -> Option<String> {
    let named = answer.field(header::CONTENT_DISPOSITION).and_then(headers::disposition);
    named.or_else(|| PublicUrl::file_name(&answer.address))
}
