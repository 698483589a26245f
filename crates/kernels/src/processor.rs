//! Which instructions this machine has, found once at start.

/// The instruction sets the kernels have code for, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Int8Path {
    /// AVX-512 VNNI: `vpdpbusd` on 512 bits (Ice Lake, Zen 4 and later).
    #[cfg(target_arch = "x86_64")]
    Vnni512,
    /// AVX-VNNI: `vpdpbusd` on 256 bits (Alder Lake and later).
    #[cfg(target_arch = "x86_64")]
    Vnni256,
    /// AVX2 without VNNI: bytes widened to 16 bits, `vpmaddwd`, which cannot overflow.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Plain Rust, which the compiler turns into NEON or SSE2.
    Portable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FloatPath {
    /// AVX-512 with BF16: `vdpbf16ps`.
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16,
    /// AVX-512 without BF16: `bf16` widened to `f32`.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 with FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Plain Rust.
    Portable,
}

/// How this machine multiplies. Cheap to copy; made by [`Processor::detect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processor {
    pub(crate) int8: Int8Path,
    pub(crate) float: FloatPath,
}

impl Processor {
    /// Chooses the fastest path that the running processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("fma");
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let int8 = if avx512 && is_x86_feature_detected!("avx512vnni") {
                Int8Path::Vnni512
            } else if avx2 && is_x86_feature_detected!("avxvnni") {
                Int8Path::Vnni256
            } else if avx2 {
                Int8Path::Avx2
            } else {
                Int8Path::Portable
            };
            let float = if avx512 && is_x86_feature_detected!("avx512bf16") {
                FloatPath::Avx512Bf16
            } else if avx512 {
                FloatPath::Avx512
            } else if avx2 {
                FloatPath::Avx2
            } else {
                FloatPath::Portable
            };
            Self { int8, float }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self::portable()
    }

    /// The path that every processor has; the reference in tests.
    pub fn portable() -> Self {
        Self { int8: Int8Path::Portable, float: FloatPath::Portable }
    }

    /// Every path this machine can run, the portable one first: what tests compare.
    pub fn all() -> Vec<Self> {
        let best = Self::detect();
        let mut all = vec![Self::portable()];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Self { int8: Int8Path::Avx2, float: FloatPath::Avx2 });
            }
            if is_x86_feature_detected!("avxvnni") && is_x86_feature_detected!("fma") {
                all.push(Self { int8: Int8Path::Vnni256, float: FloatPath::Avx2 });
            }
            if matches!(best.float, FloatPath::Avx512Bf16 | FloatPath::Avx512) {
                all.push(Self { int8: best.int8, float: FloatPath::Avx512 });
            }
        }
        if !all.contains(&best) {
            all.push(best);
        }
        all
    }

    /// The two paths by name, for logs and benchmark tables.
    pub fn describe(self) -> String {
        format!("int8 {:?}, float {:?}", self.int8, self.float)
    }
}

/// Compiles one body three times (AVX-512, AVX2, baseline) and calls the version that the processor has.
///
/// The bodies avoid `mul_add` and library calls, so the compiler vectorises them to each width with the same results.
macro_rules! by_width {
    ($(#[$doc:meta])* $visibility:vis fn $name:ident($cpu:ident $(, $argument:ident : $kind:ty)* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        $visibility fn $name($cpu: $crate::Processor $(, $argument: $kind)*) $(-> $out)? {
            #[inline(always)]
            fn body($($argument: $kind),*) $(-> $out)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")]
                fn wide($($argument: $kind),*) $(-> $out)? { body($($argument),*) }
                #[target_feature(enable = "avx2,fma")]
                fn middle($($argument: $kind),*) $(-> $out)? { body($($argument),*) }
                use $crate::processor::FloatPath;
                match $cpu.float {
                    // SAFETY: `Processor::detect` and `Processor::all` give these paths only where the features exist.
                    FloatPath::Avx512Bf16 | FloatPath::Avx512 => return unsafe { wide($($argument),*) },
                    // SAFETY: as above.
                    FloatPath::Avx2 => return unsafe { middle($($argument),*) },
                    FloatPath::Portable => {}
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            let _ = $cpu;
            body($($argument),*)
        }
    };
}
pub(crate) use by_width;
