/* SPDX-License-Identifier: MIT */
/// \file ndreg_preeval.h
/// The library for C, and for every language that calls C: Fortran, Julia, Rust, Python's ctypes...
///
/// \par Use
/// Describe images where they lie (ndreg_preeval_image), choose a method, and rank stacks of them
/// (ndreg_preeval_rank_stacks), or score images one stack at a time while they come
/// (ndreg_preeval_stack_scorer), or one by one (ndreg_preeval_scorer). docs/c_api.md has examples.
///
/// \par Errors
/// Functions that can fail return a status: 0, or what went wrong; then the message is in
/// ndreg_preeval_last_error(). A call that failed has written no result, set the handle that it
/// should have made to NULL, and left other handles as they were. NULL where something is needed
/// is such an error, never a crash. Nothing is printed, no exception leaves the library, and no
/// call ends the process.
///
/// \par Ownership
/// What a ..._create function and its likes hand out belongs to the caller, who ends it with the
/// ..._destroy function of its type, once; NULL may be destroyed. Views, names and other arguments
/// are read during the call only. Text that is returned as `const char*` is the library's and is
/// never freed; but for ndreg_preeval_last_error() it lasts as long as the library.
///
/// \par Threads
/// Any functions may run at the same time in different threads, and several threads may share a
/// handle as long as it is `const` in all their calls. Callbacks come from the calling thread. They
/// must return: no exception, no longjmp, no end of the thread. No result depends on the number of
/// threads.
///
/// \par Stability
/// Structs grow at their end only. Those that the library reads carry `struct_size`; of those that
/// it writes, the caller passes the size. So programs go on working with a later library, and with
/// an earlier one as long as they leave at zero what it does not know. Elements of an array lie as
/// far apart as their size says. Options have names, so that new ones need no new functions.
/// Handles are opaque. What is there keeps its meaning as long as NDREG_PREEVAL_ABI_VERSION is the
/// same.
///
/// \par Units
/// Sizes and shifts are in pixels, strides in bytes, frequencies in cycles per pixel; rows are y
/// and grow downwards, columns are x. Indices count from 0. Flags are 0 or 1.
#ifndef NDREG_PREEVAL_NDREG_PREEVAL_H
#define NDREG_PREEVAL_NDREG_PREEVAL_H

// NOLINTBEGIN(modernize-*): this is C, too.
#include <stdint.h>

#include <ndreg_preeval/export.hpp>   // macros only
#include <ndreg_preeval/version.hpp>  // macros only: NDREG_PREEVAL_VERSION...

#ifdef __cplusplus
extern "C" {
#endif

/* --- Errors ---------------------------------------------------------------------------------- */

/// What became of a call. Codes may be added: treat unknown ones as errors.
typedef int32_t ndreg_preeval_status;
enum {
  NDREG_PREEVAL_OK = 0,
  NDREG_PREEVAL_INVALID_ARGUMENT = 1,  ///< against the rules; the message has rule and value
  NDREG_PREEVAL_OUT_OF_MEMORY = 2,
  NDREG_PREEVAL_CANCELLED = 3,      ///< ndreg_preeval_run::should_stop said so
  NDREG_PREEVAL_INTERNAL_ERROR = 4  ///< what should not happen: please report it
};

/// A few words for a status, such as "invalid argument".
NDREG_PREEVAL_C_API const char* ndreg_preeval_status_text(ndreg_preeval_status status);

/// What the last call that failed in this thread had to say; "" when none has.
///
/// It is kept per thread, not per handle: constructors that fail have no handle, and several
/// threads may fail with the same one. Read it in the thread of the call, before the next call;
/// calls that succeed leave it alone. It needs no memory, so it tells of lack of memory, too. UTF-8
/// (as far as names given were), of at most 1023 bytes.
NDREG_PREEVAL_C_API const char* ndreg_preeval_last_error(void);

/* --- Versions and build ---------------------------------------------------------------------- */

/// Of this header: changes when programs compiled with another one cannot go on.
#define NDREG_PREEVAL_ABI_VERSION 1
/// Of the library that runs.
NDREG_PREEVAL_C_API int32_t ndreg_preeval_abi_version(void);

/// Of the library that runs, such as "0.1.0"; NDREG_PREEVAL_VERSION is that of the headers.
NDREG_PREEVAL_C_API const char* ndreg_preeval_version(void);

/// What the library was built from and what it runs on.
///
/// The instruction set is the best usable one, or what the environment variable NDREG_PREEVAL_ISA
/// names whenever a scorer is made; naming one that is not usable makes this call fail as it does
/// that of scorers.
/// \param what  "version", "compiler", "build_type", "threads" (openmp, std or off), "fft_source",
///              "isas" (instruction sets there are kernels for, best last, a blank between),
///              "usable_isas" (those that this processor can run) or "active_isa"
/// \param text  gets the answer, cut to fit and ended with a zero byte; NULL if capacity is 0
/// \param capacity  bytes of text
/// \param length  gets the bytes of the whole answer without the zero byte; may be NULL
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_build_info(const char* what, char* text,
                                                                  int64_t capacity,
                                                                  int64_t* length);

/* --- Threads --------------------------------------------------------------------------------- */

/// What limits the number of threads.
typedef struct ndreg_preeval_thread_limits {
  int32_t affinity_cpus;    ///< CPUs that this process may run on
  int32_t cgroup_cpus;      ///< its control group's share of CPU time, rounded up; 0: no limit
  int32_t omp_num_threads;  ///< first number in OMP_NUM_THREADS; 0: not set, or no positive number
} ndreg_preeval_thread_limits;

/// \param size  sizeof *limits
NDREG_PREEVAL_C_API ndreg_preeval_status
ndreg_preeval_get_thread_limits(ndreg_preeval_thread_limits* limits, uint64_t size);

/// CPUs this process may use: its affinity, and its share under a cgroup quota. At least 1.
NDREG_PREEVAL_C_API int32_t ndreg_preeval_usable_cpus(void);

/// What num_threads = 0 means: OMP_NUM_THREADS where it is a positive number, at most the usable
/// CPUs; else these.
NDREG_PREEVAL_C_API int32_t ndreg_preeval_default_threads(void);

/// Memory for images and spectra, and plans, are kept for later calls: at most an eighth of what
/// the process may use and 4 GiB, or as much as the environment variable NDREG_PREEVAL_KEPT_MEMORY
/// says (0, 500M, 2G), which is read whenever a scorer is made. This gives them back to the system,
/// and ends the threads that sleep between calls. Other threads may be in calls. Returns how many
/// bytes it was.
NDREG_PREEVAL_C_API int64_t ndreg_preeval_release_memory(void);

/* --- How a call runs ------------------------------------------------------------------------- */

/// Whether to stop: 0 goes on, anything else ends the call with NDREG_PREEVAL_CANCELLED.
typedef int32_t (*ndreg_preeval_should_stop)(void* user);
/// How many of the images of the call are finished.
typedef void (*ndreg_preeval_progress)(int64_t done, int64_t total, void* user);

/// How a call runs. NULL in place of it, and 0 everywhere but in struct_size, are the defaults.
typedef struct ndreg_preeval_run {
  uint64_t struct_size;  ///< sizeof(ndreg_preeval_run)
  /// At most this many; 0: ndreg_preeval_default_threads(), or fewer where there is little to do.
  int32_t num_threads;
  int32_t has_first_index;                ///< whether first_index is set
  ndreg_preeval_should_stop should_stop;  ///< asked about every 50 ms, unless NULL
  ndreg_preeval_progress progress;        ///< told about every 50 ms and at the end, unless NULL
  void* user;                             ///< handed to both
  /// How messages count the first image of the call. By default 0, or, for a stack scorer, after
  /// those that it has (the reference image being 0).
  int64_t first_index;
} ndreg_preeval_run;

/* --- Images ---------------------------------------------------------------------------------- */

/// How a pixel is stored.
typedef int32_t ndreg_preeval_pixel_type;
enum {
  NDREG_PREEVAL_BOOLEAN = 0,  ///< one byte, zero or not
  NDREG_PREEVAL_INT8 = 1,
  NDREG_PREEVAL_INT16 = 2,
  NDREG_PREEVAL_INT32 = 3,
  NDREG_PREEVAL_INT64 = 4,
  NDREG_PREEVAL_UINT8 = 5,
  NDREG_PREEVAL_UINT16 = 6,
  NDREG_PREEVAL_UINT32 = 7,
  NDREG_PREEVAL_UINT64 = 8,
  NDREG_PREEVAL_FLOAT16 = 9,  ///< IEEE 754 binary16
  NDREG_PREEVAL_FLOAT32 = 10,
  NDREG_PREEVAL_FLOAT64 = 11,
  NDREG_PREEVAL_LONG_DOUBLE = 12  ///< the compiler's; used as double
};

/// An image of the caller: where its pixels are and how they are stored. Nothing is copied or kept.
///
/// Strides may be zero or negative and need not be multiples of the pixel size; pixels need not be
/// aligned. At most 2^30 pixels along an axis. Column-major languages have the first index run
/// along a row of pixels, or set row_stride to the pixel size and column_stride to that of a
/// column.
typedef struct ndreg_preeval_image {
  uint64_t struct_size;   ///< sizeof(ndreg_preeval_image); the same in all elements of an array
  const void* data;       ///< pixel (0, 0)
  int64_t height;         ///< rows
  int64_t width;          ///< columns
  int64_t row_stride;     ///< bytes from a pixel to the one below
  int64_t column_stride;  ///< bytes from a pixel to its right neighbour
  /// Which pixels are valid: one byte each, zero = invalid; NULL = all. Same height and width.
  const void* mask;
  int64_t mask_row_stride;
  int64_t mask_column_stride;
  ndreg_preeval_pixel_type type;
  int32_t swapped;  ///< 1: pixels are in the other byte order than this machine's
} ndreg_preeval_image;

/// Describe an image without mask whose pixels lie row after row without gaps.
/// \param struct_size  sizeof *image
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_image_init(ndreg_preeval_image* image,
                                                                  uint64_t struct_size,
                                                                  const void* data,
                                                                  ndreg_preeval_pixel_type type,
                                                                  int64_t height, int64_t width);

/* --- Methods --------------------------------------------------------------------------------- */

/// How images are judged, and how their judgements make the score of a stack.
typedef struct ndreg_preeval_method ndreg_preeval_method;

/// A method by its name, to be changed at will.
/// \param name  "evidence" (what is used where a method is NULL), "plain", "robust", "peak_to_mean"
///              or "ewoksndreg": docs/method.md explains them; NULL: the default
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_method_create(const char* name,
                                                                     ndreg_preeval_method** method);
NDREG_PREEVAL_C_API void ndreg_preeval_method_destroy(ndreg_preeval_method* method);

/// Names of all methods, the default one first; NULL from the end on.
NDREG_PREEVAL_C_API const char* ndreg_preeval_method_name(int64_t index);

/// Change an option. They mirror the aligner, of whose correlogram the highest pixel is looked at:
///
/// | option                | value                                                               |
/// |-----------------------|---------------------------------------------------------------------|
/// | "precision"           | text: "auto", "single" or "double": of the transforms               |
/// | "normalization"       | text: "phase", or "none" (plain cross-correlation)                  |
/// | "window"              | text: "none" or "hann"                                              |
/// | "window_from"         | number: shorter axes get no window; whole, 8 or more                |
/// | "cutoff"              | number: Gaussian low pass exp(-f^2 / (2 cutoff^2)); infinity: none  |
/// |                       | else at most sqrt(1/2), the highest frequency of an image           |
/// | "max_shift"           | number: the aligner looks no farther, in y and in x; or infinity    |
/// | "keep_mean"           | flag: whether the mean stays in: options.hpp has what that does     |
/// | "ignore_hot_pixel"    | flag: leave out a pixel that outshines both images at one place     |
/// | "accept_invalid"      | flag: fill pixels that are masked or not finite; else refuse them   |
/// | "confirm"             | flag: ask a second, smoother correlogram whether it agrees          |
/// | "opinion_window", "opinion_window_from", "opinion_cutoff" | as above, of the second one     |
/// | "judgement"           | text: "ratio" or "evidence": what the probability is made of        |
/// | "statistic"           | text: "probability" (needs "confirm"), "peak_to_mean" or            |
/// |                       | "peak_minus_mean": what is taken from each image                    |
/// | "aggregation"         | text: as for ndreg_preeval_aggregate()                              |
/// | "include_reference"   | flag: whether the reference, compared with itself, counts           |
///
/// What no image or scorer can have, such as a cutoff below 0, is refused when a scorer is made.
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_method_set_text(ndreg_preeval_method* method,
                                                                       const char* option,
                                                                       const char* value);
/// The same for numbers, and for flags, which are 0 or 1.
NDREG_PREEVAL_C_API ndreg_preeval_status
ndreg_preeval_method_set_number(ndreg_preeval_method* method, const char* option, double value);

/// What an option is set to; the text lasts as long as the library.
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_method_get_text(
    const ndreg_preeval_method* method, const char* option, const char** value);
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_method_get_number(
    const ndreg_preeval_method* method, const char* option, double* value);

/// Names of all options; NULL from the end on.
NDREG_PREEVAL_C_API const char* ndreg_preeval_option_name(int64_t index);

/* --- What is known of an image --------------------------------------------------------------- */

/// Bits of ndreg_preeval_pair_score::flags: of the image; `IDENTICAL` of the reference image, too.
enum {
  NDREG_PREEVAL_NO_CONTRAST = 1,  ///< all valid pixels are equal: no evidence
  NDREG_PREEVAL_ALL_INVALID = 2,  ///< no valid pixel: no evidence
  NDREG_PREEVAL_FEW_LEVELS = 4,   ///< two or three distinct values only
  NDREG_PREEVAL_IDENTICAL = 8,    ///< same as the reference up to brightness and contrast
  NDREG_PREEVAL_HOT_PIXEL = 16,   ///< static outliers of both were left out
  NDREG_PREEVAL_WRAPPED = 32,  ///< moved by more than half of the image; the shift is the true one
  /// Its pixels come in equal blocks, as of a map enlarged by its nearest pixels; looked for where
  /// the probability is below 0.9, which becomes that of the maps where both images are such. Bits
  /// 16 to 23 are the height of a block, 24 to 31 its width.
  NDREG_PREEVAL_REPEATED_PIXELS = 64,
  NDREG_PREEVAL_IN_DOUBLE = 128, /**< under precision "auto": computed in double precision */
  /// A second peak, nearly as high, lies two pixels beside the highest one along an axis.
  NDREG_PREEVAL_SPLIT_PEAK = 256,
  /* Of a stack, of images with a peak at zero shift: what its other images tell. */
  NDREG_PREEVAL_HIDES_MOTION = 512,        ///< a pattern that stays hides the scene, which moves
  NDREG_PREEVAL_AT_REST = 1024,            ///< the sample rests, and the peak is right
  NDREG_PREEVAL_STATIC_APERTURE = 2048,    ///< what stays has a sharp border
  NDREG_PREEVAL_STATIC_BACKGROUND = 4096,  ///< what stays is smooth
  NDREG_PREEVAL_BEYOND_LIMIT = 8192        ///< a trusted peak, the highest, lies beyond max_shift
};

/// Numbers of one correlogram r of an image and its reference image, all finite.
///
/// Without evidence (no contrast, no valid pixel) every number is 0 and the p-value is 1.
typedef struct ndreg_preeval_pair_score {
  double peak;         ///< highest value of r: where the aligner will go
  double mean;         ///< mean of r
  double rms;          ///< root of the mean of r^2
  double second_peak;  ///< highest value outside the 5 x 5 pixels around the peak, or 0
  double zero_peak;    ///< value at zero shift
  double shift_y;      ///< moves the image onto the reference (sub-pixel)
  double shift_x;
  double opinion;          ///< second opinion: its highest value in the 3 x 3 at the peak,
  double opinion_rms;      ///< its root mean square,
  double opinion_second;   ///< its highest value outside the 5 x 5 around the peak,
  double opinion_moved;    ///< the same, outside the 5 x 5 around zero shift, too,
  double opinion_zero;     ///< and in the 3 x 3 at zero shift
  double confirmation;     ///< opinion / opinion_second
  double probability;      ///< about P(this image aligns within a pixel)
  double p_value;          ///< chance of such a peak between unrelated images of white noise
  int64_t invalid_pixels;  ///< pixels that were replaced
  int32_t peak_dy;         ///< whole-pixel shift of the highest pixel
  int32_t peak_dx;
  uint32_t flags;  ///< NDREG_PREEVAL_NO_CONTRAST...
  /// With NDREG_PREEVAL_BEYOND_LIMIT, how far that peak lies along y or x, in pixels; else 0.
  uint32_t beyond_max_shift;
  /// What `probability` would be if static outliers were masked; equal to it where there are none.
  double probability_masked;
  int64_t static_pixels;  ///< static outliers that were left out
} ndreg_preeval_pair_score;

/* --- Images against a reference image -------------------------------------------------------- */

/// Compares images with one reference image, which is transformed once.
typedef struct ndreg_preeval_scorer ndreg_preeval_scorer;

/// \param method  of which the options count that concern images; NULL: the default
/// \param run  NULL: the defaults, here and below
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_scorer_create(
    const ndreg_preeval_image* reference, const ndreg_preeval_method* method,
    const ndreg_preeval_run* run, ndreg_preeval_scorer** scorer);
NDREG_PREEVAL_C_API void ndreg_preeval_scorer_destroy(ndreg_preeval_scorer* scorer);

/// Each image against the reference image.
/// \param scores  gets one for each image; NULL if there are none
/// \param score_size  sizeof *scores
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_scorer_score(
    const ndreg_preeval_scorer* scorer, const ndreg_preeval_image* images, int64_t count,
    const ndreg_preeval_run* run, ndreg_preeval_pair_score* scores, uint64_t score_size);

/// images[k + 1] against images[k]: scores gets one less than there are images. The reference image
/// only lends its shape.
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_scorer_score_consecutive(
    const ndreg_preeval_scorer* scorer, const ndreg_preeval_image* images, int64_t count,
    const ndreg_preeval_run* run, ndreg_preeval_pair_score* scores, uint64_t score_size);

/// The correlogram of one image, row after row, zero shift first.
/// \param second_opinion  1: the smoother one (needs the option "confirm")
/// \param values  gets height x width numbers
/// \param capacity  how many there is room for
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_scorer_correlogram(
    const ndreg_preeval_scorer* scorer, const ndreg_preeval_image* image, int32_t second_opinion,
    const ndreg_preeval_run* run, double* values, int64_t capacity);

/// The shape of its images. Each pointer may be NULL.
NDREG_PREEVAL_C_API ndreg_preeval_status
ndreg_preeval_scorer_shape(const ndreg_preeval_scorer* scorer, int64_t* height, int64_t* width);

/// Pixels of the reference image that were replaced, and its flags. Each pointer may be NULL.
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_scorer_reference(
    const ndreg_preeval_scorer* scorer, int64_t* invalid_pixels, uint32_t* flags);

/* --- One stack, block by block --------------------------------------------------------------- */

/// What an image is compared with; it should be what the aligner will do.
typedef int32_t ndreg_preeval_pairing;
enum {
  NDREG_PREEVAL_REFERENCE = 0,  ///< the reference image
  NDREG_PREEVAL_PREVIOUS = 1    ///< the image before it
};

/// What is known of a stack.
typedef struct ndreg_preeval_stack_score ndreg_preeval_stack_score;

/// The numbers of a stack.
typedef struct ndreg_preeval_stack_summary {
  /// Larger is better; finite, and 0 where no image has evidence (contrast in it and in what it is
  /// compared with). Images without evidence lower it by their share.
  double score;
  /// About the probability that every image that has evidence aligns within a pixel; NaN without
  /// the option "confirm", 0 where none has.
  double trust;
  int64_t count;                     ///< compared images
  int64_t reference_invalid_pixels;  ///< of the reference image: pixels that were replaced,
  uint32_t reference_flags;          ///< and flags
  int32_t has_evidence;              ///< whether any compared image has evidence,
  int64_t judged;                    ///< and how many of them: what the trust is about
  double trust_masked;               ///< what `trust` would be if static outliers were masked
} ndreg_preeval_stack_summary;

/// Scores the images of one stack while they are read or recorded. Results do not depend on the
/// blocks. No view is kept, but with NDREG_PREEVAL_PREVIOUS a copy of the last image.
typedef struct ndreg_preeval_stack_scorer ndreg_preeval_stack_scorer;

/// \param reference  what images are compared with; with NDREG_PREEVAL_PREVIOUS the first image
/// \param method  NULL: the default
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_stack_scorer_create(
    const ndreg_preeval_image* reference, const ndreg_preeval_method* method,
    ndreg_preeval_pairing pairing, const ndreg_preeval_run* run,
    ndreg_preeval_stack_scorer** scorer);
NDREG_PREEVAL_C_API void ndreg_preeval_stack_scorer_destroy(ndreg_preeval_stack_scorer* scorer);

/// Compare some more images.
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_stack_scorer_add(
    ndreg_preeval_stack_scorer* scorer, const ndreg_preeval_image* images, int64_t count,
    const ndreg_preeval_run* run);

/// The score of the images so far, which later images do not change.
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_stack_scorer_result(
    const ndreg_preeval_stack_scorer* scorer, ndreg_preeval_stack_score** score);
NDREG_PREEVAL_C_API void ndreg_preeval_stack_score_destroy(ndreg_preeval_stack_score* score);

/// \param size  sizeof *summary
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_stack_score_summary(
    const ndreg_preeval_stack_score* score, ndreg_preeval_stack_summary* summary, uint64_t size);

/// What is known of its compared images, in order.
/// \param capacity  how many there is room for: `count` of the summary, or more
/// \param score_size  sizeof *scores
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_stack_score_images(
    const ndreg_preeval_stack_score* score, ndreg_preeval_pair_score* scores, int64_t capacity,
    uint64_t score_size);

/// What the method takes from each of them.
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_stack_score_values(
    const ndreg_preeval_stack_score* score, double* values, int64_t capacity);

/* --- Several stacks -------------------------------------------------------------------------- */

/// Images of one stack, all of one shape; stacks may differ in shape and length.
typedef struct ndreg_preeval_stack {
  uint64_t struct_size;  ///< sizeof(ndreg_preeval_stack); the same in all elements of an array
  const char* name;      ///< what errors call it; NULL: its number
  const ndreg_preeval_image* images;
  int64_t count;
} ndreg_preeval_stack;

/// What ndreg_preeval_rank_stacks() found.
typedef struct ndreg_preeval_ranking ndreg_preeval_ranking;

/// Rank stacks by how likely an aligner will align them, best first.
///
/// Stacks without evidence come behind the others, and those of fewer than two images last; equal
/// scores keep the given order. One stack of two images at least is needed.
/// \param method  NULL: the default
/// \param reference_image  of each stack, the image that the others are compared with; negative
///                         counts from the end (means nothing with NDREG_PREEVAL_PREVIOUS)
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_rank_stacks(
    const ndreg_preeval_stack* stacks, int64_t count, const ndreg_preeval_method* method,
    ndreg_preeval_pairing pairing, int64_t reference_image, const ndreg_preeval_run* run,
    ndreg_preeval_ranking** ranking);
NDREG_PREEVAL_C_API void ndreg_preeval_ranking_destroy(ndreg_preeval_ranking* ranking);

/// Places of the stacks as they were given, best first.
/// \param capacity  how many there is room for: the number of stacks, or more
NDREG_PREEVAL_C_API ndreg_preeval_status
ndreg_preeval_ranking_order(const ndreg_preeval_ranking* ranking, int64_t* order, int64_t capacity);

/// What is known of one stack: the ranking's own, valid as long as the ranking is.
/// \param index  its place as it was given
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_ranking_stack(
    const ndreg_preeval_ranking* ranking, int64_t index, const ndreg_preeval_stack_score** score);

/// The order of stacks that were scored one by one, best first, by the same rules.
/// \param order  gets `count` places
NDREG_PREEVAL_C_API ndreg_preeval_status
ndreg_preeval_rank(const ndreg_preeval_stack_score* const* scores, int64_t count, int64_t* order);

/// One number from many, all finite; 0 from none.
/// \param how  "harmonic_mean", "mean", "minimum", "median" or "every_image" (of probabilities,
/// about
///             that of all together)
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_aggregate(const double* values,
                                                                 int64_t count, const char* how,
                                                                 double* result);

/// Score of a stack whose images all align with probability `chance`: that probability; below 0.05,
/// where differences are chance, what the ratios of peak and mean of its images make of it.
/// \param peak_to_mean  `count` numbers, all finite
NDREG_PREEVAL_C_API ndreg_preeval_status ndreg_preeval_score_from_chance(double chance,
                                                                         const double* peak_to_mean,
                                                                         int64_t count,
                                                                         double* result);

#ifdef __cplusplus
}
#endif

// NOLINTEND(modernize-*)
#endif
