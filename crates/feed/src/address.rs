//! Addresses in feeds.

use url::Url;

use crate::complaint::Complaints;

/// The address that relative ones are relative to.
pub(crate) struct Base(Option<Url>);

impl Base {
    /// `address` is where the feed came from; anything that is no address means that relative ones cannot be resolved.
    pub fn new(address: &str) -> Self {
        Self(Url::parse(address.trim()).ok().filter(|url| !url.cannot_be_a_base()))
    }

    /// An absolute address with http or https, or a complaint.
    pub fn resolve(&self, written: &str, most: usize, complaints: &mut Complaints) -> Option<String> {
        let written = written.trim();
        if written.is_empty() {
            return None;
        }
        if written.len() > most {
            complaints.add("an address that is too long", written);
            return None;
        }
        let parsed = match &self.0 {
            Some(base) => base.join(written),
            None => Url::parse(written),
        };
        match parsed {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Some(url.into()),
            Ok(_) => {
                complaints.add("an address that is not http or https", written);
                None
            }
            Err(_) => {
                complaints.add("an address that cannot be read", written);
                None
            }
        }
    }
}
