# Oriel. `make help` lists the targets: those with a line of `##` here.
#
# Variants go to folders of their own, so nothing needs `make clean`:
#   make SAN=address,undefined check     sanitizers (also SAN=thread)
#   make WERROR=1                        warnings are errors
#   make CC=clang                        another compiler
#   make V=1                             show the commands
#   make SETUP=no demo                   install no Debian package, ask for none

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# --- tools and flags ---------------------------------------------------------

CC	?= cc
CFLAGS	?= -O2 -g
PKG_CONFIG ?= pkg-config
WARN	:= -Wall -Wextra -Wshadow -Wundef -Wformat=2 -Wvla -Wpointer-arith \
	   -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	   -Wwrite-strings -Wimplicit-fallthrough -Wcast-qual
ifdef WERROR
WARN	+= -Werror
endif
ifdef SAN
SANFLAGS := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
# Check forks each test and LeakSanitizer never reports from those children.
export CK_FORK := no
endif
comma	:= ,
VARIANT	:= $(if $(filter-out cc gcc,$(CC)),$(notdir $(CC))-)$(if \
	   $(SAN),$(subst $(comma),-,$(SAN)),release)$(if \
	   $(WERROR),-werror)
BUILD	:= build/$(VARIANT)
HARDEN	:= -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
VERSION	:= 0.1.0
override CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE -DORIEL_VERSION='"$(VERSION)"'
override CFLAGS += -std=c17 $(WARN) $(HARDEN) $(SANFLAGS) -pthread -MMD -MP
override LDFLAGS += -pie -Wl,-z,relro,-z,now -pthread $(SANFLAGS)
Q	:= $(if $(V),,@)

AV_PKGS	:= libavformat libavcodec libavutil libswscale
pkg	= $(shell $(PKG_CONFIG) $(1) $(2))
CAM_LIBS   = $(call pkg,--libs,$(AV_PKGS) libwebsockets libcurl zlib)
RELAY_LIBS = $(call pkg,--libs,libwebsockets libcrypto zlib) -lev
CHECK_LIBS = $(call pkg,--libs,check)

# --- sources -----------------------------------------------------------------

COMMON	:= $(wildcard common/*.c)
DEVICE	:= $(wildcard device/*.c device/*/*.c)
CLOUD	:= $(wildcard cloud/*.c cloud/*/*.c)
# The page, in the relay's binary, under /assets/ by base name. Scripts and
# styles are bundled: each module of its own would be a request of its own, and
# they are what a first picture waited for.
WEB_FILES := web/index.html web/page.css web/player.js web/home.css \
	   web/home.js web/node_modules/hls.js/dist/hls.min.mjs

include tests/unit/units.mk

# --- programs ----------------------------------------------------------------

.PHONY: all
all: ## build both programs (needs what setup-build installs)
all: $(BUILD)/oriel-cam $(BUILD)/oriel-relay

obj	= $(patsubst %.c,$(BUILD)/%.o,$(1))
ALL_SRC	:= $(sort $(COMMON) $(DEVICE) $(CLOUD) $(wildcard tests/unit/*.c))

$(BUILD)/oriel-cam: $(call obj,$(COMMON) $(DEVICE))
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CAM_LIBS)

.PHONY: relay
relay: ## build the relay alone (needs what setup-relay installs)
relay: $(BUILD)/oriel-relay

$(BUILD)/oriel-relay: $(call obj,$(COMMON) $(CLOUD)) $(BUILD)/web.o
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RELAY_LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Each file of the page gzipped, and a table of them for cloud/http/assets.c.
WEB_GZIP := $(addprefix $(BUILD)/web/,$(addsuffix .gz,$(notdir $(WEB_FILES))))
BUNDLE	:= web/node_modules/.bin/esbuild --log-level=warning --bundle --minify \
	   --format=esm --target=es2022 --external:./hls.min.mjs

$(BUILD)/web/%.js.gz: web/%.js $(wildcard web/*.js) web/node_modules/.stamp
	@mkdir -p $(@D)
	$(Q)$(BUNDLE) $< >$(@:.gz=) && gzip -9nf $(@:.gz=)

$(BUILD)/web/%.css.gz: web/%.css web/node_modules/.stamp
	@mkdir -p $(@D)
	$(Q)$(BUNDLE) $< >$(@:.gz=) && gzip -9nf $(@:.gz=)

$(BUILD)/web/%.html.gz: web/%.html
	@mkdir -p $(@D)
	$(Q)gzip -9nc $< >$@

$(BUILD)/web/%.mjs.gz: web/node_modules/.stamp
	@mkdir -p $(@D)
	$(Q)gzip -9nc $(filter %/$*.mjs,$(WEB_FILES)) >$@

$(BUILD)/web.c: $(WEB_GZIP) Makefile
	@echo "  WEB   $@"
	$(Q){ echo '/* Made by the Makefile from WEB_FILES. */'; \
	echo '#include "cloud/http/assets.h"'; \
	n=0; for f in $(WEB_GZIP); do n=$$((n + 1)); \
	printf '__asm__(".section .rodata; web_%d: .incbin \\"%s\\"; "\n' \
		$$n $$f; \
	printf '	"web_end_%d: .byte 0; .previous");\n' $$n; \
	echo "extern const uint8_t web_$$n[], web_end_$$n[];"; done; \
	echo 'const struct asset_file asset_files[] = {'; \
	n=0; for f in $(notdir $(WEB_FILES)); do n=$$((n + 1)); \
	echo "	{ \"$$f\", web_$$n, web_end_$$n },"; done; \
	echo '	{ 0 }'; echo '};'; } >$@

$(BUILD)/web.o: $(BUILD)/web.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# --- unit tests --------------------------------------------------------------

.SECONDARY:
.SECONDEXPANSION:
$(BUILD)/tests/unit/test_%: $$(call obj,tests/unit/test_$$*.c $$(test_$$*_SRC))
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(test_$*_LIBS)

# The videos that it plays.
$(BUILD)/tests/unit/test_source_libav: | $(BUILD)/data/.stamp

$(BUILD)/data/.stamp: tests/source_data.sh
	@echo "  DATA  $(@D)"
	$(Q)tests/source_data.sh $(@D)

include tests/fake/fake.mk

.PHONY: fake
fake: $(FAKE) ## build the fake V4L2 devices (tests/fake/README.md)

.PHONY: check check-relay
check: ## run the unit tests
check: $(TESTS:%=$(BUILD)/tests/unit/test_%)

# Those that need nothing of the camera's libraries.
check-relay: $(foreach t,$(TESTS),$(if $(filter-out cloud/% common/% \
	   tests/unit/%,$(test_$(t)_SRC)),,$(BUILD)/tests/unit/test_$(t)))

# Several at once, because many of them wait; those that take longest begin.
CHECK_AT_ONCE ?= 4
FIRST	:= source_v4l2 encoder_x264 encoder_m2m cutter pressure source_libav
CHECK_FIRST := $(FIRST:%=$(BUILD)/tests/unit/test_%)

check check-relay:
	@printf '%s\n' $(filter $(CHECK_FIRST),$^) \
		$(filter-out $(CHECK_FIRST),$^) | \
	xargs -P $(CHECK_AT_ONCE) -n 1 sh -c 't=$$1; fail=0; \
		$(EMULATOR) $$t >$$t.log 2>&1 || { cat $$t.log; fail=1; }; \
		echo "  TEST  $${t##*/test_}: $$(sed -n "s/^.*%: //p; \
			/^left out/p" $$t.log | tr "\n" " ")"; \
		exit $$fail' sh

# --- any bytes ---------------------------------------------------------------

include tests/fuzz/fuzz.mk

# --- on a Pi's processors ----------------------------------------------------

# Each test by itself, and only once, for where they take long. Where there is
# an emulator, being in time is not what they are about: up to three tries.
$(BUILD)/tests/unit/test_%.passed: $(BUILD)/tests/unit/test_%
	$(Q)for i in 1 2 3; do $(EMULATOR) $< >$<.log 2>&1 && exit 0; \
		echo "  TEST  $*: failed, try $$i"; cat $<.log; done; exit 1
	@echo "  TEST  $*: $$(sed -n 's/^.*%: //p; /^left out/p' $<.log | \
		tr '\n' ' ')"
	$(Q)touch $@

.PHONY: check-once
check-once: $(patsubst %,$(BUILD)/tests/unit/test_%.passed,\
	   $(filter $(FIRST),$(TESTS)) $(filter-out $(FIRST),$(TESTS)))

# On the Pi's processors, emulated: tests/arm. A Pi that has Debian 12 and
# 32 bits counts time in 32 bits, with Debian 13 in 64.
ARM	?= trixie/arm64 bookworm/armhf trixie/armhf

# Beside other work, which it is not to disturb.
.PHONY: sysroots
sysroots: setup-arm
	$(Q)nice -n 19 tests/arm/get.sh $(ARM)

.PHONY: test-arm
test-arm: ## build for arm64 and armhf and run the unit tests, in qemu
test-arm: setup-arm
	$(Q)tests/arm/run.sh $(ARM)

# --- the page and end to end -------------------------------------------------

NODE_TEST = node --test --test-reporter=spec --test-concurrency=1

.PHONY: test-web
test-web: ## test what the page decides
test-web: tests/node_modules/.stamp
	$(Q)node --test --test-reporter=dot $(wildcard tests/web/*.test.mjs) \
		$(wildcard tests/docs/*.test.mjs) tests/bench/bench.test.mjs

# Those that measure time have the machine to themselves. The others mostly
# wait, and do that together: at most one with a browser and one with hostile
# hardware, which cost the most, beside two or three others.
E2E_ALL	:= $(wildcard tests/e2e/*.test.mjs)
E2E_ALONE := $(patsubst %,tests/e2e/%.test.mjs,testcard_in_chromium \
	   file_and_pipe_frame_for_frame survives_kill page_recovers watched)

# Sanitized programs are several times slower: how players and the page keep
# up is left to the release build, and so is the hostile hardware for now.
E2E_SANE := $(patsubst %,tests/e2e/%.test.mjs,attacks_connections \
	   attacks_devices attacks_http2 attacks_limits attacks_random \
	   attacks_requests attacks_through_nginx attacks_tls \
	   bad_networks bad_publishers bad_sources bad_viewers check http_answers http_publishers \
	   http_uplink leaves_cleanly logs operations passwords playlists_follow_the_rules \
	   rpicam survives_kill testcard_in_chromium upload_is_lean)
E2E_FILES = $(if $(SAN),$(E2E_SANE),$(E2E_ALL))
E2E_TOGETHER = $(filter-out $(E2E_ALONE),$(E2E_FILES))
E2E_BROWSER = $(shell grep -lE '/(browser|page_stage)\.mjs' $(E2E_ALL))
E2E_HOSTILE := tests/e2e/hostile_%

# The real programs, browser and players; E2E=name runs one file of it.
.PHONY: e2e e2e-alone e2e-together
e2e: ## run the programs against each other, a browser and players
e2e: all $(FAKE)
ifdef E2E
	$(Q)BUILD=$(BUILD) $(NODE_TEST) tests/e2e/$(E2E).test.mjs
else
	@$(MAKE) --no-print-directory e2e-alone
	@$(MAKE) --no-print-directory e2e-together
endif

e2e-alone: all $(FAKE)
	$(Q)BUILD=$(BUILD) tests/e2e/run.sh \
		1 $(filter $(E2E_ALONE),$(E2E_FILES))

e2e-together: all $(FAKE)
	$(Q)BUILD=$(BUILD) tests/e2e/run.sh \
		1 $(filter $(E2E_BROWSER),$(E2E_TOGETHER)) -- \
		1 $(filter $(E2E_HOSTILE),$(E2E_TOGETHER)) -- \
		$(if $(SAN),3,2) $(filter-out $(E2E_BROWSER) $(E2E_HOSTILE),\
			$(E2E_TOGETHER))

# Behind bad lines: docs/reliability.md. The short form is a part of `make
# test`; LINKS=long: all of it, with figures under build/bench/; LINK=name runs
# one file of it.
LINKS_LONG = %/misfortune.test.mjs %/wake.test.mjs
LINKS_FILES = $(filter-out $(if $(filter long,$(LINKS)),,$(LINKS_LONG)),\
	   $(wildcard tests/links/$(or $(LINK),*).test.mjs))

.PHONY: links test-links
links: ## run a camera behind lines that are cut and slow, for a minute or two
links: all tests/node_modules/.stamp
	$(Q)BUILD=$(BUILD) LINKS=$(LINKS) FILE_S=$(if $(LINKS),7200,900) \
		tests/links/in_namespace.sh \
		tests/e2e/run.sh 1 $(LINKS_FILES)

test-links: ## the same for an hour, with figures
	$(Q)$(MAKE) links LINKS=long

# How fast: docs/performance.md has what these have found, and on what.
.PHONY: latency endurance attack bench
latency: ## measure how far behind the camera a viewer is (an hour)
latency: all tests/node_modules/.stamp
	$(Q)BUILD=$(BUILD) node tests/bench/latency.mjs

endurance: ## see whether the latency stays, for an hour and after stops
endurance: all tests/node_modules/.stamp
	$(Q)BUILD=$(BUILD) node tests/bench/endurance.mjs

attack: ## measure what viewers notice while the relay is attacked (25 minutes)
attack: all tests/node_modules/.stamp
	$(Q)BUILD=$(BUILD) nice -n -5 node tests/bench/attack.mjs

bench: ## measure what camera and relay cost
bench: setup-bench all $(FAKE) tests/node_modules/.stamp
	$(Q)BUILD=$(BUILD) node tests/bench/bench.mjs

# --- a real kernel -----------------------------------------------------------

# The hardware path in a virtual machine: docs/testing-kernel.md.
.PHONY: test-kernel
test-kernel: ## run the hardware path on a real arm64 kernel, in qemu
test-kernel: setup-kernel
	$(Q)tests/kernel/prepare.sh
	$(Q)tests/e2e/run.sh 1 $(wildcard tests/kernel/*.test.mjs)

# The Dockerfile, really: by buildah, since engines are not everywhere.
.PHONY: test-image
test-image: ## build the relay's image and run what is in it
test-image: setup-image all
	$(Q)tests/image/build.sh
	$(Q)BUILD=$(BUILD) IMAGE=build/image $(NODE_TEST) \
		tests/e2e/relay_image.test.mjs

# --- gates -------------------------------------------------------------------

# Both Debian 12 and 13 have this version; others differ in details.
CLANG_FORMAT ?= clang-format-19
SOURCES	:= $(wildcard $(foreach d,common device device/* cloud cloud/* \
	   tests/unit tests/fuzz tests/fake,$(d)/*.c $(d)/*.h))
PRODUCT	:= $(filter-out tests/%,$(SOURCES))

BANNED	:= \
	   strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|gets|alloca|system|popen|tmpnam|mktemp

# /dev/null: grep without a file would read stdin, and with one name no file's.
.PHONY: lint
lint: ## format, banned functions, secrets, licence, static analysis
	@echo "  LINT  $$($(CLANG_FORMAT) --version), $$(cppcheck --version)"
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(SOURCES) || \
		{ echo "lint: make format"; exit 1; }
	$(Q)! grep -nE '\<($(BANNED)) *\(' /dev/null $(SOURCES) || \
		{ echo "lint: banned functions"; exit 1; }
	$(Q)! grep -nE '"([a-z-]*-)?(key|secret|token|password)", *OPT_TEXT' \
		/dev/null $(PRODUCT) || \
		{ echo "lint: a secret must be OPT_SECRET"; exit 1; }
	$(Q)for f in $(SOURCES); do head -1 $$f | \
		grep -qF '/* SPDX-License-Identifier: MIT */' || \
		{ echo "lint: $$f: no licence in its first line"; exit 1; }; \
	done
	$(Q)cppcheck -q -j2 --enable=warning,performance,portability \
		--error-exitcode=1 --inline-suppr \
		--suppress=normalCheckLevelMaxBranches \
		--suppress='nullPointerOutOfMemory:tests/*' \
		--suppress='nullPointerOutOfResources:tests/*' \
		--suppress='deallocuse:tests/*' -I. -D_GNU_SOURCE \
		-DORIEL_VERSION='""' $(filter %.c,$(SOURCES))

.PHONY: format
format: ## lay out all C files
	$(CLANG_FORMAT) -i $(SOURCES)

.PHONY: check-headers
check-headers: ## each header compiles alone
	@echo "  CHECK headers"
	$(Q)for h in $(filter %.h,$(SOURCES)); do \
		echo "#include \"$$h\"" | $(CC) $(CPPFLAGS) -std=c17 $(WARN) \
			-Werror -fsyntax-only -x c - || \
			{ echo "check-headers: $$h"; exit 1; }; done

# A library is known to the files in its row and to no other.
LIBRARIES := libav libwebsockets libcurl libev openssl zlib
libav_HEADERS := libav(format|codec|util)/|libswscale/
libav_OWNERS  := device/source/avlog.c device/source/input.c \
	   device/source/input.h device/source/reader.c \
	   device/source/decoder.c device/source/decoder.h \
	   device/camera/mjpeg.c device/encoder/scaler_sws.c \
	   device/poster/poster_jpeg.c \
	   device/stream/packager.c device/encoder/encoder_x264.c
libwebsockets_HEADERS := libwebsockets\.h
libwebsockets_OWNERS  := device/uplink/websocket.c device/uplink/loop.c \
	   device/status/json_read.c \
	   cloud/server_state.h \
	   cloud/http/session_state.h cloud/publish.c cloud/http/transfer.c \
	   cloud/http/wsi.c
libcurl_HEADERS := curl/
libcurl_OWNERS  := device/uplink/https.c device/uplink/https_call.c \
	   device/uplink/https_call.h device/uplink/https_failure.c
libev_HEADERS := ev\.h|libev/
libev_OWNERS  := cloud/server_state.h cloud/http/session_state.h
openssl_HEADERS := openssl/
openssl_OWNERS  := cloud/key.c cloud/tls_pair.c cloud/password.c
zlib_HEADERS := zlib\.h
zlib_OWNERS  := common/names.c cloud/store/gunzip.c device/uplink/gzip.c

# A folder of the device knows, besides itself, those in its row.
stream_KNOWS  := none
v4l2_KNOWS    := stream
uplink_KNOWS  := stream|status|poster|budget
encoder_KNOWS := source|stream|v4l2
media_KNOWS   := encoder|poster|pulse|source|status|stream

.PHONY: check-security
check-security: ## the tests that SECURITY.md names exist; the units are tight
	@echo "  CHECK security"
	$(Q)tests/security_table.sh
	$(Q)tests/unit_exposure.sh $(wildcard systemd/*.service)

.PHONY: check-layers
check-layers: ## device, cloud and common stay apart; one owner for a library
	@echo "  CHECK layers"
	$(Q)$(foreach d,stream v4l2 uplink encoder media,! grep -nE \
		'# *include "device/' $(wildcard device/$(d)/*.[ch]) | \
		grep -vE '"device/($(d)|$($(d)_KNOWS))[/.]' || \
		{ echo "check-layers: device/$(d) knows $($(d)_KNOWS)"; \
		exit 1; };)
	$(Q)! grep -nE '# *include.*[</"](cloud|tests)/' /dev/null \
		$(filter device/% common/%,$(PRODUCT)) || \
		{ echo "check-layers: cloud/ or tests/ included"; exit 1; }
	$(Q)! grep -nE '# *include.*[</"](device|tests)/' /dev/null \
		$(filter cloud/% common/%,$(PRODUCT)) || \
		{ echo "check-layers: device/ or tests/ included"; exit 1; }
	$(Q)$(foreach l,$(LIBRARIES),! grep -nE \
		'# *include *[<"]($($(l)_HEADERS))' /dev/null \
		$(filter-out $($(l)_OWNERS),$(PRODUCT)) || \
		{ echo "check-layers: $(l) belongs to $($(l)_OWNERS)"; \
		exit 1; };)

# --- setting up a fresh Debian -----------------------------------------------

# A node that is there already may be newer than Debian's, which would clash.
NODE_PKGS  = $(if $(shell command -v node),,nodejs) \
	     $(if $(shell command -v npm),,npm)
RELAY_PKGS = gcc libc6-dev pkgconf libwebsockets-dev libwebsockets-evlib-ev \
	     libev-dev libssl-dev zlib1g-dev ca-certificates $(NODE_PKGS)
BUILD_PKGS = $(RELAY_PKGS) libavformat-dev libavcodec-dev libavutil-dev \
	     libswscale-dev libcurl4-openssl-dev
TEST_PKGS  = clang libclang-rt-dev clang-format-19 cppcheck check ffmpeg \
	     chromium vlc-bin vlc-plugin-base mpv gstreamer1.0-tools \
	     gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
	     gstreamer1.0-plugins-bad gstreamer1.0-libav iproute2 nginx procps \
	     systemd

BENCH_PKGS = valgrind ffmpeg wrk util-linux
ARM_PKGS   = mmdebstrap uidmap ffmpeg
IMAGE_PKGS = buildah mmdebstrap util-linux
KERNEL_PKGS = $(ARM_PKGS) qemu-system-arm cpio kmod xz-utils binutils

# Installs those of the packages $(1) that are missing; asks nobody. What they
# bring as a service (nginx, which a test needs) is not started.
define install_packages
	@have=" $$(dpkg-query -W -f '$${db:Status-Status}:$${Package} ' $(1) \
		2>/dev/null) "; \
	missing=; for p in $(1); do case "$$have" in \
		*" installed:$$p "*) ;; *) missing="$$missing $$p";; esac; \
	done; \
	if [ -z "$$missing" ] || [ "$(SETUP)" = no ]; then exit 0; fi; \
	echo "Installing Debian packages, which can take minutes:$$missing"; \
	sudo=; if [ "$$(id -u)" != 0 ]; then sudo=sudo; fi; \
	rule=/usr/sbin/policy-rc.d; \
	if [ ! -e $$rule ]; then \
		trap "$$sudo rm -f $$rule" EXIT; trap 'exit 130' INT TERM; \
		printf '#!/bin/sh\nexit 101\n' | \
			$$sudo install -m 755 /dev/stdin $$rule; \
	fi; \
	$$sudo apt-get -qq update >/dev/null && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install \
		--no-install-recommends $$missing >/dev/null && exit 0; \
	echo "make $@: could not install:$$missing" >&2; \
	echo "This needs Debian 12 or 13 (or Raspberry Pi OS), its package" \
		"servers, and root or sudo." >&2; \
	echo "With these installed in another way: make $@ SETUP=no" >&2; \
	exit 1
endef

.PHONY: setup-relay setup-build setup-test
setup-relay: ## install what building the relay alone needs
	$(call install_packages,$(RELAY_PKGS))
	@$(MAKE) -s web/node_modules/.stamp

setup-build: ## install what building needs: Debian and npm packages
	$(call install_packages,$(BUILD_PKGS))
	@$(MAKE) -s web/node_modules/.stamp

setup-test: ## install what `make test` needs, players and all
	$(call install_packages,$(BUILD_PKGS) $(TEST_PKGS))
	@$(MAKE) -s web/node_modules/.stamp \
		tests/node_modules/.stamp

.PHONY: setup-bench
setup-bench: ## install what `make bench` needs
	$(call install_packages,$(BUILD_PKGS) $(BENCH_PKGS))

.PHONY: setup-arm
setup-arm: ## install what `make test-arm` needs
	$(call install_packages,$(BUILD_PKGS) $(ARM_PKGS))
	@$(MAKE) -s web/node_modules/.stamp

.PHONY: setup-image
setup-image: ## install what `make test-image` needs
	$(call install_packages,$(BUILD_PKGS) $(IMAGE_PKGS))
	@$(MAKE) -s web/node_modules/.stamp tests/node_modules/.stamp

.PHONY: setup-kernel
setup-kernel: ## install what `make test-kernel` needs
	$(call install_packages,$(BUILD_PKGS) $(KERNEL_PKGS))
	@$(MAKE) -s web/node_modules/.stamp tests/node_modules/.stamp

%/node_modules/.stamp: %/package.json %/package-lock.json
	@echo "  NPM   $*"
	$(Q)cd $* && npm ci --ignore-scripts --no-audit --no-fund \
		--loglevel=error >/dev/null || { echo "make: npm could not \
	install what $*/package-lock.json lists; is its registry reachable?" \
		>&2; exit 1; }
	$(Q)touch $@

# --- two commands ------------------------------------------------------------

.PHONY: demo
demo: ## watch a test card on this machine, from a fresh Debian on
demo: setup-build
	$(AGAIN) all
	@docs/demo.sh $(BUILD)

# As many jobs as there are cores, unless the caller has said how many.
JOBS	= $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN	= @$(MAKE) $(if $(V),--no-print-directory,-s) $(JOBS)

.PHONY: test
test: ## everything that must pass, from a fresh Debian on
test: setup-test
	@$(MAKE) -s setup-kernel
	$(AGAIN) lint check-headers check-layers check-security test-web
	$(AGAIN) WERROR=1 all check
	$(AGAIN) CC=clang WERROR=1 all check
	$(AGAIN) SAN=address,undefined all check
	$(AGAIN) check-fuzz
	$(AGAIN) e2e
	$(AGAIN) links
	$(AGAIN) SAN=address,undefined e2e-alone
	$(AGAIN) SAN=address,undefined e2e-together sysroots
	$(AGAIN) test-arm
	$(AGAIN) test-kernel
	@echo "All tests passed."

# --- installing --------------------------------------------------------------

PREFIX	?= /usr/local
BINDIR	?= $(PREFIX)/bin
UNITDIR	?= $(PREFIX)/lib/systemd/system
MANDIR	?= $(PREFIX)/share/man
INSTALL	?= install

.PHONY: install
install: ## copy programs, manual and units to PREFIX (below DESTDIR)
install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 755 $(BUILD)/oriel-cam $(BUILD)/oriel-relay \
		$(DESTDIR)$(BINDIR)
	$(INSTALL) -m 644 $(wildcard man/*.1) $(DESTDIR)$(MANDIR)/man1
	for u in oriel-cam oriel-relay; do \
		sed 's|/usr/bin/|$(BINDIR)/|' systemd/$$u.service \
			>$(DESTDIR)$(UNITDIR)/$$u.service && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$u.service || exit 1; done

.PHONY: help
help: ## print this list
	@sed -n 's/^\([a-z0-9-]*\): ## /\1\t/p' $(filter %akefile %.mk,$(MAKEFILE_LIST)) | sort | \
		awk -F '\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: clean
clean: ## delete everything that was built
	rm -rf build

-include $(ALL_SRC:%.c=$(BUILD)/%.d) $(FAKE_SRC:%.c=$(BUILD)/pic/%.d) \
	$(BUILD)/tests/fake/client.d
