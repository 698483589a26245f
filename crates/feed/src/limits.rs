/// What a feed may ask for. Every limit is a value here with its reason; none is hidden in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest document in bytes. Twenty thousand episodes with long notes have about 100 MB.
    pub document_bytes: usize,
    /// Most items of one feed. The largest back catalogues (a radio station's hourly news) reach some ten thousands.
    pub items: usize,
    /// Most outlines of one OPML document. Directories export some thousands.
    pub outlines: usize,
    /// Levels of elements that are understood; what lies deeper is passed over. Real feeds have eight.
    pub depth: usize,
    /// Attributes looked at in one tag. The richest element of a feed has about ten.
    pub attributes: usize,
    /// Namespaces declared in one document. Real feeds have up to twenty.
    pub namespaces: usize,
    /// Longest notes in bytes, before they are sanitised. Long show notes have some tens of kilobytes; the sanitiser
    /// builds a tree of it.
    pub notes_bytes: usize,
    /// Longest title, name, address or id in bytes. Signed addresses of private feeds reach two kilobytes.
    pub line_bytes: usize,
    /// Most entries of one list (people, transcripts, enclosures, categories …) of one item or feed.
    pub list: usize,
    /// Bytes read a second time, as a multiple of the document's size. A broken tag is given up and what was in it
    /// read again; a document that is made of broken tags comes to this end.
    pub reread_multiple: usize,
    /// Most kinds of complaints kept: one of a kind with its count is useful, thousands are not.
    pub complaints: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 256 << 20,
            items: 200_000,
            outlines: 100_000,
            depth: 64,
            attributes: 64,
            namespaces: 64,
            notes_bytes: 256 << 10,
            line_bytes: 8 << 10,
            list: 256,
            reread_multiple: 16,
            complaints: 64,
        }
    }
}
