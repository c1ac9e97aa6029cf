# The Pi's hardware as a library in front of a program: tests/fake/README.md.
FAKE	:= $(BUILD)/tests/fake/libfakev4l2.so
FAKE_SRC := $(addprefix tests/fake/,camera_node.c camera_stream.c coder.c \
	   control.c decoy_node.c encoder_node.c encoder_stream.c faults.c \
	   fdtable.c file.c format.c ioctl.c ioctl_buffer.c ioctl_control.c \
	   ioctl_format.c isp_node.c m2m.c memory.c node.c paths.c pixels.c \
	   preload.c preload_clock.c preload_path.c preload_poll.c queue.c \
	   real.c report.c script.c words.c world.c) \
	   device/testcard/testcard.c device/testcard/timecode.c \
	   device/testcard/font.c
pic	= $(patsubst %.c,$(BUILD)/pic/%.o,$(1))

# Not fortified: it defines itself what the headers would wrap.
$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	@echo "  PIC   $<"
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -fPIE -D_FORTIFY%,$(CFLAGS)) -fPIC \
		-fvisibility=hidden -c -o $@ $<

$(FAKE): $(call pic,$(FAKE_SRC))
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(filter-out -pie,$(LDFLAGS)) -shared \
		-Wl,-soname,$(@F) -o $@ $^ \
		$(call pkg,--libs,libavcodec libavutil libswscale) -lm

# Linked with it in front of libc, they need nothing preloaded.
FAKE_TESTS := fake_encoder fake_camera fake_faults encoder_m2m \
	   source_v4l2
$(FAKE_TESTS:%=$(BUILD)/tests/unit/test_%): $(FAKE)
