// SPDX-License-Identifier: MIT
//! Two small stacks of images, the one that aligns better first; as main.c, from Rust.
use std::ffi::{c_char, c_void, CStr, CString};
use std::ptr;

/// `ndreg_preeval_image`: where the pixels of an image are and how they are stored.
#[repr(C)]
struct Image {
    struct_size: u64,
    data: *const c_void,
    height: i64,
    width: i64,
    row_stride: i64,
    column_stride: i64,
    mask: *const c_void,
    mask_row_stride: i64,
    mask_column_stride: i64,
    pixel_type: i32,
    swapped: i32,
}

/// `ndreg_preeval_stack`.
#[repr(C)]
struct Stack {
    struct_size: u64,
    name: *const c_char,
    images: *const Image,
    count: i64,
}

/// `ndreg_preeval_stack_summary`.
#[repr(C)]
#[derive(Default)]
struct Summary {
    score: f64,
    trust: f64,
    count: i64,
    reference_invalid_pixels: i64,
    reference_flags: u32,
    has_evidence: i32,
}

#[link(name = "ndreg_preeval")]
extern "C" {
    fn ndreg_preeval_last_error() -> *const c_char;
    fn ndreg_preeval_rank_stacks(
        stacks: *const Stack,
        count: i64,
        method: *const c_void,
        pairing: i32,
        reference_image: i64,
        run: *const c_void,
        ranking: *mut *mut c_void,
    ) -> i32;
    fn ndreg_preeval_ranking_order(ranking: *const c_void, order: *mut i64, capacity: i64) -> i32;
    fn ndreg_preeval_ranking_stack(
        ranking: *const c_void,
        index: i64,
        score: *mut *const c_void,
    ) -> i32;
    fn ndreg_preeval_stack_score_summary(
        score: *const c_void,
        summary: *mut Summary,
        size: u64,
    ) -> i32;
    fn ndreg_preeval_ranking_destroy(ranking: *mut c_void);
}

const FLOAT32: i32 = 10;
const SIZE: u32 = 64;

/// Ranked stacks, destroyed with the object.
struct Ranking(*mut c_void);

impl Drop for Ranking {
    fn drop(&mut self) {
        unsafe { ndreg_preeval_ranking_destroy(self.0) }
    }
}

fn checked(status: i32) -> Result<(), String> {
    if status == 0 {
        return Ok(());
    }
    let message = unsafe { CStr::from_ptr(ndreg_preeval_last_error()) };
    Err(message.to_string_lossy().into_owned())
}

fn view(pixels: &[f32]) -> Image {
    Image {
        struct_size: std::mem::size_of::<Image>() as u64,
        data: pixels.as_ptr().cast(),
        height: i64::from(SIZE),
        width: i64::from(SIZE),
        row_stride: 4 * i64::from(SIZE),
        column_stride: 4,
        mask: ptr::null(),
        mask_row_stride: 0,
        mask_column_stride: 0,
        pixel_type: FLOAT32,
        swapped: 0,
    }
}

fn grain(seed: u32) -> f32 {
    ((seed.wrapping_mul(2654435761) >> 8) % 1000) as f32 / 1000.0
}

/// A texture that moves by (2, -3) pixels from image to image, and a grain that is new in each.
fn moving(noise: f32) -> Vec<Vec<f32>> {
    let mut images = vec![vec![0.0; (SIZE * SIZE) as usize]; 4];
    for (n, image) in (0u32..).zip(&mut images) {
        for y in 0..SIZE {
            for x in 0..SIZE {
                image[((y + 2 * n) % SIZE * SIZE + (x + 61 * n) % SIZE) as usize] =
                    grain(SIZE * y + x) + noise * grain(SIZE * SIZE * (n + 1) + SIZE * y + x);
            }
        }
    }
    images
}

fn main() -> Result<(), String> {
    let names = ["grainy", "clear"];
    let pixels = [moving(5.0), moving(0.5)];
    let labels = names.map(|name| CString::new(name).expect("no zero byte"));
    let images = [0, 1].map(|s: usize| {
        pixels[s]
            .iter()
            .map(|image| view(image))
            .collect::<Vec<_>>()
    });
    let stacks = [0, 1].map(|s: usize| Stack {
        struct_size: std::mem::size_of::<Stack>() as u64,
        name: labels[s].as_ptr(),
        images: images[s].as_ptr(),
        count: images[s].len() as i64,
    });
    let mut made = ptr::null_mut();
    let (method, run) = (ptr::null(), ptr::null());
    checked(unsafe {
        ndreg_preeval_rank_stacks(stacks.as_ptr(), 2, method, 0, 0, run, &mut made)
    })?;
    let ranking = Ranking(made);
    let mut order = [0; 2];
    checked(unsafe { ndreg_preeval_ranking_order(ranking.0, order.as_mut_ptr(), 2) })?;
    for place in order {
        let mut score = ptr::null();
        let mut summary = Summary::default();
        let size = std::mem::size_of::<Summary>() as u64;
        checked(unsafe { ndreg_preeval_ranking_stack(ranking.0, place, &mut score) })?;
        checked(unsafe { ndreg_preeval_stack_score_summary(score, &mut summary, size) })?;
        println!("{} {:.2}", names[place as usize], summary.score);
    }
    Ok(())
}
