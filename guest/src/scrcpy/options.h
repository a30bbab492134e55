// Version and options of scrcpy's server, after server/…/Options.java of the releases 2.0 to 4.1.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Release as major * 10000 + minor * 100 + patch.
#define VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))

enum { CODEC_H264 = 0x68323634, CODEC_H265 = 0x68323635, CODEC_AV1 = 0x00617631, CODEC_VP8 = 0x00767038, CODEC_VP9 = 0x00767039,
       CODEC_OPUS = 0x6f707573, CODEC_AAC = 0x00616163, CODEC_FLAC = 0x666c6163, CODEC_RAW = 0x00726177 };

struct options {
    int version;
    int log_level;                // enum ln_level
    int scid;                     // -1: none
    bool video, audio, control;
    bool tunnel_forward, cleanup, power_on, power_off_on_close, clipboard_autosync, downsize_on_error;
    bool show_touches, stay_awake, keep_active, flex_display;
    bool camera, new_display, oriented;  // oriented: a capture orientation or angle other than the display's own was asked
    bool list_encoders, list_displays, list_cameras, list_apps;
    bool send_device_meta, send_frame_meta, send_dummy_byte, send_stream_meta;
    int display_id, max_size, min_size_alignment;
    int video_codec, audio_codec;
    char video_codec_name[8], audio_codec_name[8];
    int video_bit_rate, audio_bit_rate;  // bit/s
    double max_fps;                      // 0: no limit
    double i_frame_interval;             // s; video_codec_options i-frame-interval. < 0: first frame only, 0: every frame
    double frame_rate;                   // nominal, video_codec_options frame-rate
    long repeat_after_us;                // video_codec_options repeat-previous-frame-after; <= 0: never
    int crop[4];                         // width, height, x, y; width 0: none
    char audio_source[32], video_encoder[64], audio_encoder[64];
    int screen_off_timeout;              // ms, -1: as it is
};

// argv = version key=value…. 0, or -1 after the error has been logged as the real server logs it.
int options_parse(struct options *o, int argc, char **argv);
