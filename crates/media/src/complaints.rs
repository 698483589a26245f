//! What was wrong with a file without keeping it from being heard.

/// Complaints of one file: the first of each kind, with a count of the others.
#[derive(Debug)]
pub(crate) struct Complaints {
    most: usize,
    kinds: Vec<(&'static str, u64)>,
    texts: Vec<String>,
}

impl Complaints {
    pub fn new(most: usize) -> Self {
        Self { most, kinds: Vec::new(), texts: Vec::new() }
    }

    /// Notes a fault; `text` is asked for only when it is the first of its `kind`.
    pub fn add(&mut self, kind: &'static str, text: impl FnOnce() -> String) {
        if let Some((_, count)) = self.kinds.iter_mut().find(|(known, _)| *known == kind) {
            *count += 1;
        } else if self.texts.len() < self.most {
            self.kinds.push((kind, 1));
            self.texts.push(text());
        }
    }

    /// Writes the counts behind the texts, once at the end of the file.
    pub fn count_up(&mut self) {
        for ((_, count), text) in self.kinds.iter_mut().zip(&mut self.texts) {
            if *count > 1 {
                text.push_str(&format!(" ({count} times in all)"));
                *count = 1;
            }
        }
    }

    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The complaints of a child process, as they came.
    pub fn replace(&mut self, texts: Vec<String>) {
        self.kinds = texts.iter().map(|_| ("", 1)).collect();
        self.texts = texts;
    }
}
