! SPDX-License-Identifier: MIT
! Two small stacks of images, the one that aligns better first; as main.c, from Fortran.
module ndreg_preeval
  use, intrinsic :: iso_c_binding
  implicit none

  integer(c_int32_t), parameter :: pixels_float32 = 10

  type, bind(c) :: image_view  ! ndreg_preeval_image
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: data = c_null_ptr
    integer(c_int64_t) :: height = 0, width = 0, row_stride = 0, column_stride = 0
    type(c_ptr) :: mask = c_null_ptr
    integer(c_int64_t) :: mask_row_stride = 0, mask_column_stride = 0
    integer(c_int32_t) :: pixel_type = 0, swapped = 0
  end type

  type, bind(c) :: image_stack  ! ndreg_preeval_stack
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: name = c_null_ptr
    type(c_ptr) :: images = c_null_ptr
    integer(c_int64_t) :: count = 0
  end type

  type, bind(c) :: stack_summary  ! ndreg_preeval_stack_summary
    real(c_double) :: score = 0, trust = 0
    integer(c_int64_t) :: count = 0, reference_invalid_pixels = 0
    integer(c_int32_t) :: reference_flags = 0, has_evidence = 0
  end type

  interface
    integer(c_int32_t) function rank_stacks(stacks, count, method, pairing, reference_image, run, ranking) &
        bind(c, name="ndreg_preeval_rank_stacks")
      import :: image_stack, c_int32_t, c_int64_t, c_ptr
      type(image_stack), intent(in) :: stacks(*)
      integer(c_int64_t), value :: count, reference_image
      type(c_ptr), value :: method, run
      integer(c_int32_t), value :: pairing
      type(c_ptr), intent(out) :: ranking
    end function
    integer(c_int32_t) function ranking_order(ranking, order, capacity) &
        bind(c, name="ndreg_preeval_ranking_order")
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: ranking
      integer(c_int64_t), intent(out) :: order(*)
      integer(c_int64_t), value :: capacity
    end function
    integer(c_int32_t) function ranking_stack(ranking, place, score) &
        bind(c, name="ndreg_preeval_ranking_stack")
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: ranking
      integer(c_int64_t), value :: place
      type(c_ptr), intent(out) :: score
    end function
    integer(c_int32_t) function stack_score_summary(score, summary, size) &
        bind(c, name="ndreg_preeval_stack_score_summary")
      import :: stack_summary, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: score
      type(stack_summary), intent(out) :: summary
      integer(c_int64_t), value :: size
    end function
    subroutine ranking_destroy(ranking) bind(c, name="ndreg_preeval_ranking_destroy")
      import :: c_ptr
      type(c_ptr), value :: ranking
    end subroutine
  end interface
end module

program rank
  use ndreg_preeval
  implicit none
  integer, parameter :: n = 64, images = 4
  character(len=6), parameter :: names(2) = [character(len=6) :: "grainy", "clear"]
  real(c_float), parameter :: noise(2) = [5.0, 0.5]
  real(c_float), target :: pixels(n, n, images, 2)  ! x, y, image, stack
  type(image_view), target :: views(images, 2)
  type(image_stack) :: stacks(2)
  type(stack_summary) :: summary
  type(c_ptr) :: ranking, score
  integer(c_int64_t) :: order(2)
  integer :: s, i, x, y

  ! A texture that moves by (2, -3) pixels from image to image, and a grain that is new in each.
  do s = 1, 2
    do i = 1, images
      do y = 0, n - 1
        do x = 0, n - 1
          pixels(mod(x + 61 * (i - 1), n) + 1, mod(y + 2 * (i - 1), n) + 1, i, s) = &
            grain(n * y + x) + noise(s) * grain(n * n * i + n * y + x)
        end do
      end do
      views(i, s)%struct_size = c_sizeof(views(i, s))
      views(i, s)%data = c_loc(pixels(1, 1, i, s))
      views(i, s)%height = n
      views(i, s)%width = n
      views(i, s)%row_stride = 4 * n
      views(i, s)%column_stride = 4
      views(i, s)%pixel_type = pixels_float32
    end do
    stacks(s)%struct_size = c_sizeof(stacks(s))
    stacks(s)%images = c_loc(views(1, s))
    stacks(s)%count = images
  end do

  if (rank_stacks(stacks, 2_c_int64_t, c_null_ptr, 0_c_int32_t, 0_c_int64_t, c_null_ptr, ranking) /= 0) stop 1
  if (ranking_order(ranking, order, 2_c_int64_t) /= 0) stop 2
  do i = 1, 2
    if (ranking_stack(ranking, order(i), score) /= 0) stop 3
    if (stack_score_summary(score, summary, c_sizeof(summary)) /= 0) stop 4
    write (*, '(a, 1x, f4.2)') trim(names(order(i) + 1)), summary%score
  end do
  call ranking_destroy(ranking)

contains

  ! Products of 32 bits that wrap around.
  real(c_float) function grain(seed)
    integer, intent(in) :: seed
    integer(c_int64_t) :: product
    product = iand(int(seed, c_int64_t) * 2654435761_c_int64_t, 4294967295_c_int64_t)
    grain = real(mod(product / 256, 1000_c_int64_t), c_float) / 1000
  end function
end program
