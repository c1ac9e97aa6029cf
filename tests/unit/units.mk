# What each unit test links, besides its own file: nothing that is not listed,
# so that a hidden dependency shows as a link error.

OPT	:= common/opt.c common/opt_value.c common/opt_environment.c \
	   common/opt_help.c common/log.c

TESTS	:= wire names log opt text
test_text_SRC	:= common/text.c
test_wire_SRC	:= common/wire.c
TESTS	+= wire_clock
test_wire_clock_SRC := common/wire_clock.c
test_names_SRC	:= common/names.c common/text.c
test_names_LIBS	:= -lz
test_log_SRC	:= common/log.c
test_opt_SRC	:= $(OPT)
TESTS	+= notify
test_notify_SRC	:= common/notify.c common/log.c
TESTS	+= audience demand
test_audience_SRC := cloud/store/audience.c
test_demand_SRC	:= cloud/store/demand.c
TESTS	+= config backoff
test_config_SRC	:= device/config.c device/budget/budget_period.c $(OPT) common/names.c common/text.c
test_config_LIBS := -lz
test_backoff_SRC := device/uplink/backoff.c
TESTS	+= endpoint sendplan
test_endpoint_SRC := device/uplink/endpoint.c
SENDPLAN := device/uplink/sendplan.c device/uplink/sendplan_place.c \
	   device/uplink/lookup.c
test_sendplan_SRC := $(SENDPLAN) tests/unit/fake_handover.c common/wire.c
TESTS	+= gzip outbox dialog uplink relay_clock trace resolver proxy outcome \
	   netwatch target retry
test_retry_SRC	:= device/uplink/retry.c device/uplink/outcome.c \
	   device/uplink/backoff.c
test_target_SRC	:= device/uplink/target.c device/uplink/endpoint.c \
	   device/uplink/proxy.c common/log.c
test_netwatch_SRC := device/uplink/netwatch.c
test_proxy_SRC	:= device/uplink/proxy.c device/uplink/endpoint.c
test_outcome_SRC := device/uplink/outcome.c
TESTS	+= websocket_failure news
test_news_SRC	:= device/uplink/news.c device/uplink/outcome.c
test_websocket_failure_SRC := device/uplink/websocket_failure.c \
	   device/uplink/outcome.c common/log.c
test_resolver_SRC := device/uplink/resolver.c
HTTPS	:= device/uplink/https.c device/uplink/https_call.c \
	   device/uplink/https_failure.c device/uplink/https_sockets.c \
	   common/log.c
TESTS	+= https_sockets
test_https_sockets_SRC := device/uplink/https_sockets.c
DIALOG	:= device/uplink/dialog.c device/uplink/dialog_hear.c \
	   device/uplink/dialog_speak.c $(SENDPLAN) \
	   device/uplink/outbox.c device/uplink/gzip.c device/poster/poster.c \
	   device/uplink/relay_clock.c device/uplink/flow.c common/wire.c \
	   common/trace.c
STATUS	:= device/status/status.c device/status/status_report.c
TESTS	+= status status_json status_report status_file
test_status_SRC	:= device/status/status.c common/log.c
test_status_json_SRC := device/status/status_json.c device/status/json_read.c \
	   device/status/status.c common/log.c
test_status_json_LIBS = $(call pkg,--libs,libwebsockets)
TESTS	+= relay_state
test_relay_state_LIBS = $(call pkg,--libs,libwebsockets)
test_status_file_LIBS = $(call pkg,--libs,libwebsockets)
test_relay_state_SRC := device/status/relay_state.c device/status/json_read.c
test_status_report_SRC := device/status/status_report.c
test_status_file_SRC := device/status/status_file.c \
	   device/status/status_command.c device/status/status_words.c \
	   device/status/status_json.c device/status/json_read.c \
	   device/status/relay_state.c device/status/status.c \
	   device/whole_file.c common/whole_io.c common/log.c
TESTS	+= budget_period budget_plan budget
test_budget_period_SRC := device/budget/budget_period.c
test_budget_plan_SRC := device/budget/budget_plan.c
BUDGET	:= device/budget/budget.c device/budget/budget_ledger.c \
	   device/budget/budget_period.c device/budget/budget_plan.c \
	   device/whole_file.c common/whole_io.c
test_budget_SRC	:= $(BUDGET) device/status/status.c \
	   device/stream/steering.c common/log.c
TESTS	+= poster
test_poster_SRC	:= device/poster/poster.c device/poster/poster_maker.c \
	   device/poster/poster_jpeg.c \
	   device/encoder/encoder.c device/encoder/encoder_x264.c \
	   device/source/avlog.c device/stream/h264.c common/log.c
test_poster_LIBS = $(call pkg,--libs,libavcodec libavutil libswscale)
test_relay_clock_SRC := device/uplink/relay_clock.c device/media/dates.c
TESTS	+= clock_asking
test_clock_asking_SRC := device/uplink/clock_asking.c
test_trace_SRC	:= common/trace.c
test_gzip_SRC	:= device/uplink/gzip.c
test_gzip_LIBS	:= -lz
test_outbox_SRC	:= device/uplink/outbox.c device/uplink/gzip.c \
		   device/poster/poster.c common/wire.c \
		   tests/unit/fake_handover.c
test_outbox_LIBS := -lz
test_dialog_SRC	:= $(DIALOG) common/log.c tests/unit/fake_handover.c
test_dialog_LIBS := -lz
test_uplink_SRC	:= device/uplink/uplink.c device/uplink/uplink_open.c \
	   device/uplink/pair.c \
	   device/uplink/news.c device/uplink/reporter.c device/uplink/connection.c \
	   device/uplink/connection_websocket.c \
	   device/uplink/connection_posts.c \
	   device/uplink/websocket.c device/uplink/websocket_failure.c \
	   device/uplink/tcp.c device/uplink/clock_asking.c \
	   common/wire_clock.c \
	   device/uplink/regulator.c device/uplink/pressure.c \
	   device/stream/steering.c \
	   device/uplink/loop.c device/uplink/outcome.c device/uplink/endpoint.c \
	   device/uplink/proxy.c device/uplink/resolver.c \
	   device/uplink/netwatch.c device/uplink/target.c device/uplink/retry.c \
	   device/uplink/demand.c device/uplink/watched.c device/uplink/checkin.c \
	   $(HTTPS) device/uplink/posts.c \
	   $(DIALOG) $(STATUS) $(BUDGET) tests/unit/fake_handover.c \
	   tests/unit/fake_relay.c tests/unit/certificate.c
test_uplink_LIBS = $(call pkg,--libs,libwebsockets libcurl libssl libcrypto \
	   zlib)
TESTS	+= watched checkin
test_watched_SRC := device/uplink/watched.c
test_checkin_SRC := device/uplink/checkin.c device/uplink/endpoint.c \
	   device/uplink/backoff.c common/log.c
TESTS	+= https
test_https_SRC	:= $(HTTPS) tests/unit/fake_http.c \
	   tests/unit/certificate.c
test_https_LIBS	= $(call pkg,--libs,libcurl libssl libcrypto)
TESTS	+= posts
test_posts_SRC	:= device/uplink/posts.c device/uplink/outcome.c $(HTTPS) $(DIALOG) \
	   tests/unit/fake_handover.c tests/unit/fake_http.c
test_posts_LIBS	= $(call pkg,--libs,libcurl libssl libcrypto zlib)
TESTS	+= credentials pushed whole_segment
test_whole_segment_SRC := device/push/whole_segment.c common/wire.c \
	   tests/unit/fake_handover.c
test_credentials_SRC := device/push/credentials.c
test_pushed_SRC	:= device/push/pushed.c common/names.c common/text.c
test_pushed_LIBS := -lz
TESTS	+= packager
test_packager_SRC := device/stream/packager.c device/stream/h264.c common/log.c
test_packager_LIBS = $(call pkg,--libs,libavformat libavcodec libavutil)

# The fake V4L2 devices, see $(FAKE), and what is tested in front of them:
# only where time_t and off_t have one size, for else libc has a second open(),
# mmap() and ioctl() under other names, with other structures.
TESTS	+= $(if $(filter x86_64-% aarch64-%,$(shell $(CC) -dumpmachine 2>/dev/null)),\
	   fake_encoder fake_camera fake_faults encoder_m2m source_v4l2)
FAKE_TEST_LIBS := -Wl,-rpath,'$$ORIGIN/../fake'
test_fake_encoder_SRC := tests/fake/client.c
test_fake_encoder_LIBS := $(FAKE_TEST_LIBS)
test_fake_camera_SRC := tests/fake/client.c device/testcard/timecode.c
test_fake_camera_LIBS := $(FAKE_TEST_LIBS)
test_fake_faults_SRC := tests/fake/client.c
test_fake_faults_LIBS := $(FAKE_TEST_LIBS)

TESTS	+= flow pressure regulator
test_regulator_SRC := device/uplink/regulator.c device/uplink/pressure.c \
	   device/uplink/flow.c device/stream/steering.c \
	   device/status/status.c common/wire.c common/log.c
test_flow_SRC	:= device/uplink/flow.c common/wire.c
test_pressure_SRC := device/uplink/pressure.c device/uplink/flow.c \
	   tests/unit/simulated_line.c common/wire.c
TESTS	+= steering
test_steering_SRC := device/stream/steering.c

# What feeds the media thread.
TESTS	+= h264 splitter reorder timecode timeline encoder_x264 \
	   testcard grid source_testcard source_annexb source_libav
test_h264_SRC	:= device/stream/h264.c
test_splitter_SRC := device/source/splitter.c device/stream/h264.c
test_timecode_SRC := device/testcard/timecode.c
test_reorder_SRC := device/source/reorder.c
test_testcard_SRC := device/testcard/testcard.c device/testcard/timecode.c \
	   device/testcard/font.c
test_grid_SRC	:= device/testcard/grid.c
test_source_testcard_SRC := device/source/source.c \
	   device/testcard/source_testcard.c device/testcard/grid.c \
	   device/source/wait.c $(test_testcard_SRC) common/log.c
test_timeline_SRC := device/source/timeline.c
test_source_annexb_SRC := device/source/source.c \
	   device/source/source_annexb.c device/source/splitter.c \
	   device/stream/h264.c device/source/wait.c common/log.c
test_encoder_x264_SRC := device/encoder/encoder.c \
	   device/encoder/encoder_x264.c device/source/avlog.c \
	   device/stream/h264.c device/testcard/testcard.c \
	   device/testcard/timecode.c device/testcard/font.c common/log.c
test_encoder_x264_LIBS = $(call pkg,--libs,libavcodec libavutil)
test_source_libav_SRC := device/source/source.c \
	   device/source/source_libav.c device/source/wait.c \
	   device/source/timeline.c device/source/reader.c \
	   device/source/reorder.c device/source/input.c \
	   device/source/decoder.c device/source/avlog.c \
	   device/stream/h264.c common/log.c
test_source_libav_LIBS = $(call pkg,--libs,$(AV_PKGS))
$(BUILD)/tests/unit/test_source_libav.o: override CPPFLAGS += \
	-DTEST_DATA='"$(BUILD)/data"'

# Cameras and hardware.
TESTS	+= v4l2_find raw recipe inflight m2m_unit camera_mode stamp controls \
	   rpicam_command child watchdog findings health v4l2_queue \
	   capture
test_v4l2_find_SRC := device/v4l2/v4l2_find.c
test_v4l2_queue_SRC := device/v4l2/v4l2_queue.c device/v4l2/v4l2.c
test_v4l2_queue_LIBS := -Wl,--wrap=ioctl,--wrap=__ioctl_time64
test_capture_SRC := device/v4l2/capture.c device/v4l2/v4l2_queue.c \
	   device/v4l2/v4l2.c
test_capture_LIBS := -Wl,--wrap=ioctl,--wrap=__ioctl_time64
test_raw_SRC	:= device/v4l2/raw.c
test_recipe_SRC	:= device/encoder/recipe.c
test_inflight_SRC := device/encoder/inflight.c
TESTS	+= m2m_wishes
test_m2m_wishes_SRC := device/encoder/m2m_wishes.c
test_m2m_unit_SRC := device/encoder/m2m_unit.c device/stream/h264.c
test_camera_mode_SRC := device/camera/camera_mode.c device/v4l2/raw.c
test_stamp_SRC	:= device/encoder/stamp.c
test_controls_SRC := device/camera/controls.c device/v4l2/v4l2.c common/log.c
test_rpicam_command_SRC := device/source/rpicam_command.c device/encoder/recipe.c
test_child_SRC	:= device/source/child.c common/log.c
test_watchdog_SRC := device/program/watchdog.c
test_findings_SRC := device/check/findings.c
test_health_SRC	:= device/check/health.c device/check/findings.c
HARDWARE := device/v4l2/v4l2.c device/v4l2/v4l2_queue.c \
	   device/v4l2/v4l2_find.c device/v4l2/v4l2_probe.c \
	   device/v4l2/raw.c device/v4l2/capture.c \
	   device/encoder/m2m_input.c device/encoder/m2m_encoder.c \
	   device/encoder/m2m_unit.c device/encoder/m2m_wishes.c \
	   device/encoder/recipe.c device/encoder/inflight.c device/encoder/encoder.c \
	   device/encoder/encoder_m2m.c device/encoder/m2m_find.c \
	   device/encoder/m2m_output.c device/stream/h264.c common/log.c
test_encoder_m2m_SRC := $(HARDWARE) device/testcard/testcard.c \
	   device/testcard/timecode.c device/testcard/font.c
test_encoder_m2m_LIBS := $(FAKE_TEST_LIBS)
test_source_v4l2_SRC := $(HARDWARE) device/source/source.c \
	   device/camera/source_v4l2.c device/camera/camera.c \
	   device/camera/camera_mode.c device/camera/controls.c \
	   device/encoder/stamp.c device/camera/mjpeg.c \
	   device/source/decoder.c device/source/avlog.c \
	   device/encoder/scaler.c device/encoder/scaler_m2m.c \
	   device/encoder/scaler_sws.c device/testcard/timecode.c
test_source_v4l2_LIBS = $(FAKE_TEST_LIBS) $(call pkg,--libs,$(AV_PKGS)) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# What the media thread does with it.
TESTS	+= dates parts
test_dates_SRC	:= device/media/dates.c
test_parts_SRC	:= device/media/parts.c device/media/dates.c \
	   device/stream/cutter.c device/stream/h264.c common/log.c

# The stream and its files.
WINDOW	:= device/stream/window.c common/wire.c
PLAYLIST := device/stream/playlist.c common/names.c common/text.c $(WINDOW)
SPOOL	:= device/stream/spool.c common/whole_io.c common/log.c
TESTS	+= cutter window playlist spool journal handover
test_cutter_SRC	:= device/stream/cutter.c
test_window_SRC	:= $(WINDOW)
test_playlist_SRC := $(PLAYLIST)
test_playlist_LIBS := -lz
test_spool_SRC	:= $(SPOOL)
test_journal_SRC := device/stream/journal.c common/names.c common/text.c \
	   $(WINDOW) $(SPOOL)
test_journal_LIBS := -lz
HANDOVER := device/stream/handover.c \
	   device/stream/handover_restore.c device/stream/handover_put.c \
	   device/stream/handover_room.c device/stream/handover_take.c \
	   device/stream/journal.c $(PLAYLIST) common/trace.c
test_handover_SRC := $(HANDOVER) $(SPOOL)
test_handover_LIBS := -lz
TESTS	+= handover_full
test_handover_full_SRC := $(HANDOVER) common/log.c
test_handover_full_LIBS := -lz

# The relay.
REPLY	:= cloud/http/reply.c cloud/store/media.c
CAMERA	:= cloud/store/camera.c cloud/store/camera_room.c \
	   cloud/store/segments.c \
	   cloud/store/presence.c cloud/store/note.c cloud/store/poster.c \
	   cloud/store/playlist.c \
	   cloud/store/blocking.c cloud/store/gunzip.c $(REPLY) \
	   cloud/store/audience.c common/names.c common/text.c \
	   common/wire.c
TESTS	+= reply later blocking route request key gunzip relay_playlist camera store
test_reply_SRC	:= cloud/http/reply.c
test_later_SRC	:= cloud/http/later.c cloud/http/reply.c
test_blocking_SRC := cloud/store/blocking.c common/wire.c
test_route_SRC	:= cloud/http/route.c common/names.c common/text.c
test_route_LIBS	:= -lz
test_request_SRC := cloud/http/request.c
test_key_SRC	:= cloud/key.c cloud/key_memory.c cloud/limit/hash.c
test_key_LIBS	= $(call pkg,--libs,libcrypto)
test_gunzip_SRC	:= cloud/store/gunzip.c
test_gunzip_LIBS := -lz
test_relay_playlist_SRC := cloud/store/playlist.c cloud/store/gunzip.c \
	   cloud/http/reply.c
test_relay_playlist_LIBS := -lz
test_camera_SRC	:= $(CAMERA)
test_camera_LIBS := -lz
test_store_SRC	:= cloud/store/store.c $(CAMERA)
test_store_LIBS	:= -lz
TESTS	+= messages
test_messages_SRC := cloud/store/messages.c
TESTS	+= ingest
INGEST	:= cloud/store/ingest.c cloud/store/ingest_admit.c \
	   cloud/store/ingest_store.c cloud/store/to_device.c \
	   cloud/store/store.c $(CAMERA) common/trace.c
test_ingest_SRC	:= $(INGEST)
test_ingest_LIBS := -lz
TESTS	+= post
test_post_SRC	:= cloud/post.c cloud/publishers.c cloud/store/messages.c \
	   cloud/store/demand.c cloud/limit/guard.c cloud/limit/crowd.c \
	   cloud/limit/rate.c cloud/limit/hash.c cloud/limit/address.c \
	   $(INGEST) common/log.c
test_post_LIBS	:= -lz
TESTS	+= publishers
test_publishers_SRC := cloud/publishers.c cloud/store/demand.c \
	   cloud/limit/guard.c cloud/limit/crowd.c cloud/limit/rate.c \
	   cloud/limit/hash.c cloud/limit/address.c $(INGEST) common/log.c
test_publishers_LIBS := -lz
TESTS	+= assets answer relay_config relay_words
test_relay_config_SRC := cloud/config.c cloud/config_table.c cloud/password.c $(OPT) common/names.c common/text.c
test_relay_config_LIBS = -lz $(call pkg,--libs,libcrypto)
test_relay_words_SRC := $(test_relay_config_SRC)
test_relay_words_LIBS = $(test_relay_config_LIBS)
test_assets_SRC	:= cloud/http/assets.c cloud/store/gunzip.c \
	   cloud/http/reply.c common/names.c common/text.c
test_assets_LIBS := -lz
test_answer_SRC	:= cloud/http/answer.c cloud/http/answer_want.c \
	   cloud/http/answer_device.c cloud/http/later.c cloud/http/report.c \
	   cloud/http/report_pages.c cloud/http/report_text.c \
	   cloud/http/metrics.c cloud/http/permit.c cloud/login.c cloud/limit/guard.c cloud/limit/crowd.c \
	   cloud/limit/rate.c cloud/limit/hash.c cloud/limit/address.c \
	   cloud/http/request.c cloud/http/route.c cloud/key.c cloud/key_memory.c \
	   cloud/http/assets.c cloud/store/store.c $(CAMERA)
test_answer_LIBS = -lz $(call pkg,--libs,libcrypto)


# What the relay bears.
TESTS	+= address rate crowd guard
GUARD	:= cloud/limit/guard.c cloud/limit/crowd.c cloud/limit/rate.c \
	   cloud/limit/hash.c cloud/limit/address.c
test_address_SRC := cloud/limit/address.c
test_rate_SRC	:= cloud/limit/rate.c cloud/limit/hash.c
test_crowd_SRC	:= cloud/limit/crowd.c cloud/limit/hash.c cloud/limit/address.c
test_guard_SRC	:= $(GUARD)
TESTS	+= access output tls_pair
test_access_SRC	:= cloud/http/access.c cloud/http/route.c common/names.c \
	   common/text.c cloud/limit/address.c
test_access_LIBS := -lz
test_output_SRC	:= cloud/output.c
test_tls_pair_SRC := cloud/tls_pair.c common/log.c tests/unit/certificate.c
test_tls_pair_LIBS = $(call pkg,--libs,libcrypto)
TESTS	+= login login_thread password
test_login_SRC	:= cloud/login.c cloud/limit/hash.c cloud/limit/address.c
test_login_thread_SRC := cloud/login_thread.c $(test_login_SRC)
test_password_SRC := cloud/password.c
test_password_LIBS = $(call pkg,--libs,libcrypto)
