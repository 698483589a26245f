//! Arithmetic rate of each product at the shapes of a Whisper base encoder window, on one core.

use kernels::*;
use std::time::Instant;

fn noise(count: usize, mut seed: u32) -> Vec<f32> {
    (0..count)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

fn report(name: &str, operations: f64, repeat: usize, mut work: impl FnMut()) {
    work();
    let begin = Instant::now();
    (0..repeat).for_each(|_| work());
    let seconds = begin.elapsed().as_secs_f64() / repeat as f64;
    println!("{name:28} {:8.3} ms {:8.1} G operations/s", seconds * 1e3, operations / seconds / 1e9);
}

fn main() {
    for cpu in Processor::all().into_iter().rev() {
        println!("{}", cpu.describe());
        let repeat = if cpu == Processor::portable() { 1 } else { 10 };
        for (name, rows, inputs, outputs) in [
            ("1500x512x512", 1500, 512, 512),
            ("1500x512x2048", 1500, 512, 2048),
            ("1500x2048x512", 1500, 2048, 512),
            ("1x512x51865", 1, 512, 51865),
            ("20x512x51865", 20, 512, 51865),
        ] {
            let weight: Vec<i8> =
                noise(outputs * inputs, 1).iter().map(|value| (value * 127.0) as i8).collect();
            let matrix = Int8Matrix::pack(&weight, &vec![0.01; outputs], None, outputs, inputs);
            let values = noise(rows * inputs, 2);
            let mut quantized = QuantizedRows::default();
            let mut out = vec![0.0; rows * outputs];
            let operations = 2.0 * (rows * inputs * outputs) as f64;
            report(&format!("int8 {name}"), operations, repeat, || {
                quantized.quantize(cpu, &values, inputs);
                matmul_int8(cpu, &quantized, &matrix, &mut out, Epilogue::Store);
            });
            if outputs == 2048 {
                report(&format!("int8 {name} gelu"), operations, repeat, || {
                    matmul_int8(cpu, &quantized, &matrix, &mut out, Epilogue::Gelu);
                });
            }
        }
        let (keys, width) = (1500, 512);
        let rows = noise(keys * width, 3);
        let mut key_panels = Bf16Panels::zeroed(64, keys);
        let mut value_panels = Bf16Panels::zeroed(keys, 64);
        report("pack keys, values", 0.0, repeat, || {
            key_panels.fill_from_columns(&rows, width, 64);
            value_panels.fill_from_rows(&rows, width, keys);
        });
        let mut out = vec![0.0; keys * width];
        let mut scratch = AttentionScratch::default();
        for count in [1500, 5, 1] {
            report(&format!("attention {count} queries"), 4.0 * (count * keys * 64) as f64, repeat, || {
                attend(
                    cpu,
                    &rows,
                    width,
                    count,
                    0.125,
                    &key_panels,
                    &value_panels,
                    &mut out,
                    width,
                    &mut scratch,
                    None,
                );
            });
        }
        let weight = noise(512 * 512, 5);
        let panels = F32Panels::pack(&weight, 512, 512);
        report("f32 1500x512x512", 2.0 * 1500.0 * 512.0 * 512.0, repeat, || {
            matmul_f32(cpu, &rows, 512, 1500, &panels, &mut out, 512);
        });
    }
}
