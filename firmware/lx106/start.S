// Start-up for QEMU's "sim" machine with the lx106 core: it begins at 0x50000000, and
// `simcall` reaches the world outside (a2: 1 exit, 3 read, 4 write, 29 select one).
	.section .reset, "ax"
	.global	_start
_start:
	j	begin

	.section .reset.text, "ax"
	.literal_position
	.align	4
begin:
	movi	a1, __stack_top
	movi	a0, 0
	call0	run_program
	mov	a3, a2
	movi	a2, 1
	simcall

// int simulator_write(int descriptor, const void* data, int size)
	.section .text.simulator_write, "ax"
	.align	4
	.global	simulator_write
	.type	simulator_write, @function
simulator_write:
	mov	a5, a4
	mov	a4, a3
	mov	a3, a2
	movi	a2, 4
	simcall
	ret

// int simulator_read(int descriptor, void* into, int size)
	.section .text.simulator_read, "ax"
	.align	4
	.global	simulator_read
	.type	simulator_read, @function
simulator_read:
	mov	a5, a4
	mov	a4, a3
	mov	a3, a2
	movi	a2, 3
	simcall
	ret

// int simulator_select(int descriptor, int what, const int32_t* wait)
	.section .text.simulator_select, "ax"
	.align	4
	.global	simulator_select
	.type	simulator_select, @function
simulator_select:
	mov	a5, a4
	mov	a4, a3
	mov	a3, a2
	movi	a2, 29
	simcall
	ret
