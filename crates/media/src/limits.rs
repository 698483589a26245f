use std::time::Duration;

/// What a media file may ask for. Every limit is a value here with its reason; none is hidden in the code.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Bytes searched for the first frame of MP3 or ADTS sound. Junk in front of it (a broken tag, a half-deleted
    /// header) is seldom longer than some kilobytes; a megabyte costs a millisecond.
    pub probe_bytes: u64,
    /// Largest tag block that is read at all. Covers of podcasts reach some megabytes; a tag beyond this is skipped
    /// unread, whatever it claims to hold.
    pub tag_bytes: u64,
    /// Longest text taken from one tag, in bytes. Show notes have some kilobytes.
    pub text_bytes: usize,
    /// Largest index of an MP4 file (sample tables of one track, or one fragment). 48 hours of AAC need about 40 MB.
    pub index_bytes: u64,
    /// Most channels. The largest layouts in use have 24; more is a header that lies.
    pub channels: u16,
    /// Lowest sample rate in hertz. Telephone sound has 8000; below 2000 speech cannot be understood.
    pub lowest_rate: u32,
    /// Highest sample rate in hertz. Studios go to 384,000; a table of filters for more would only cost memory.
    pub highest_rate: u32,
    /// Longest timeline. A day's broadcast log has 24 hours; what lies beyond two days is cut, and the reader says so.
    pub duration: Duration,
    /// Longest single gap of the timeline that is believed and filled with silence. Longer jumps are clock errors.
    pub gap: Duration,
    /// All gaps together that are filled: some bytes of false timestamps must not become hours of silence.
    pub gaps: Duration,
    /// Latest begin of the sound after the begin of the file that is believed; a later one (a recording cut from a
    /// live stream keeps its clock) is taken as the begin.
    pub first_sound: Duration,
    /// Bytes read from the file, as a multiple of its size. Reading once is the rule, seeking adds some; a container
    /// whose structure leads in circles comes to this end.
    pub read_multiple: u64,
    /// Most complaints kept: one a kind of fault is useful, thousands are not.
    pub complaints: usize,
    /// Address space of a caged decoder in bytes. A decoder needs some tens of megabytes; the rest is room for the
    /// program's own code and an MP4 index.
    pub cage_memory: u64,
    /// Processor time of a caged decoder, whatever the size of the file.
    pub cage_cpu: Duration,
    /// Processor time of a caged decoder for each megabyte of the file, on top. MP3 at 64 kb/s has two minutes of sound
    /// a megabyte, which decode in under a second; ten seconds leave room for slow machines.
    pub cage_cpu_per_megabyte: Duration,
    /// Time without a byte from a caged decoder after which it is killed. Generous, because a disk may have to spin up.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            probe_bytes: 1 << 20,
            tag_bytes: 32 << 20,
            text_bytes: 64 << 10,
            index_bytes: 128 << 20,
            channels: 64,
            lowest_rate: 2_000,
            highest_rate: 768_000,
            duration: Duration::from_secs(48 * 3600),
            gap: Duration::from_secs(3600),
            gaps: Duration::from_secs(12 * 3600),
            first_sound: Duration::from_secs(10),
            read_multiple: 16,
            complaints: 32,
            cage_memory: 1 << 30,
            cage_cpu: Duration::from_secs(120),
            cage_cpu_per_megabyte: Duration::from_secs(10),
            stall: Duration::from_secs(60),
        }
    }
}
