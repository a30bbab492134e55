#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ln.h"

// Every release whose protocol is spoken.
static const int releases[] = {20000, 20100, 20101, 20200, 20300, 20301, 20400, 20500, 20600, 20601, 20700, 30000, 30001, 30002,
                               30100, 30200, 30300, 30301, 30302, 30303, 30304, 40000, 40100};

static int illegal(const char *class_name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int illegal(const char *class_name, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ln_exception(text, class_name, text);
    return -1;
}
#define ILLEGAL(...) illegal("java.lang.IllegalArgumentException", __VA_ARGS__)

static int parse_version(const char *text)
{
    int part[3] = {0, 0, 0}, n = 0;
    for (const char *s = text;; s++) {
        char *end;
        if (n == 3 || *s < '0' || *s > '9') return -1;
        long v = strtol(s, &end, 10);
        if (v > 99) return -1;
        part[n++] = (int)v;
        s = end;
        if (!*s) break;
        if (*s != '.') return -1;
    }
    int version = VERSION(part[0], part[1], part[2]);
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        if (n >= 2 && releases[i] == version) return version;
    return -1;
}

enum kind { FLAG, INT, FLOAT, TEXT, IGNORED, SPECIAL };

struct spec {
    const char *name;
    enum kind kind;
    size_t at;       // offset in struct options (FLAG, INT, FLOAT, TEXT)
    size_t size;     // TEXT
    int since, until;  // 0: always
};

#define AT(field) offsetof(struct options, field)
#define V(major, minor) VERSION(major, minor, 0)
static const struct spec specs[] = {
    {"scid", SPECIAL, 0, 0, 0, 0}, {"log_level", SPECIAL, 0, 0, 0, 0}, {"video", FLAG, AT(video), 0, V(2, 1), 0}, {"audio", FLAG, AT(audio), 0, 0, 0},
    {"video_codec", SPECIAL, 0, 0, 0, 0}, {"audio_codec", SPECIAL, 0, 0, 0, 0}, {"video_source", SPECIAL, 0, 0, V(2, 2), 0},
    {"audio_source", SPECIAL, 0, 0, V(2, 1), 0}, {"audio_dup", IGNORED, 0, 0, V(2, 6), 0}, {"max_size", INT, AT(max_size), 0, 0, 0},
    {"min_size_alignment", INT, AT(min_size_alignment), 0, V(4, 0), 0}, {"video_bit_rate", INT, AT(video_bit_rate), 0, 0, 0},
    {"audio_bit_rate", INT, AT(audio_bit_rate), 0, 0, 0}, {"max_fps", FLOAT, AT(max_fps), 0, 0, 0}, {"angle", SPECIAL, 0, 0, V(3, 0), 0},
    {"tunnel_forward", FLAG, AT(tunnel_forward), 0, 0, 0}, {"crop", SPECIAL, 0, 0, 0, 0}, {"control", FLAG, AT(control), 0, 0, 0},
    {"display_id", INT, AT(display_id), 0, 0, 0}, {"show_touches", FLAG, AT(show_touches), 0, 0, 0}, {"stay_awake", FLAG, AT(stay_awake), 0, 0, 0},
    {"screen_off_timeout", INT, AT(screen_off_timeout), 0, V(3, 0), 0}, {"video_codec_options", SPECIAL, 0, 0, 0, 0},
    {"audio_codec_options", SPECIAL, 0, 0, 0, 0}, {"video_encoder", TEXT, AT(video_encoder), sizeof(((struct options *)0)->video_encoder), 0, 0},
    {"audio_encoder", TEXT, AT(audio_encoder), sizeof(((struct options *)0)->audio_encoder), 0, 0},
    {"power_off_on_close", FLAG, AT(power_off_on_close), 0, 0, 0}, {"clipboard_autosync", FLAG, AT(clipboard_autosync), 0, 0, 0},
    {"downsize_on_error", FLAG, AT(downsize_on_error), 0, 0, 0}, {"cleanup", FLAG, AT(cleanup), 0, 0, 0}, {"power_on", FLAG, AT(power_on), 0, 0, 0},
    {"list_encoders", FLAG, AT(list_encoders), 0, 0, 0}, {"list_displays", FLAG, AT(list_displays), 0, 0, 0},
    {"list_cameras", FLAG, AT(list_cameras), 0, V(2, 2), 0}, {"list_camera_sizes", FLAG, AT(list_cameras), 0, V(2, 2), 0},
    {"list_apps", FLAG, AT(list_apps), 0, V(3, 0), 0}, {"camera_id", IGNORED, 0, 0, V(2, 2), 0}, {"camera_size", IGNORED, 0, 0, V(2, 2), 0},
    {"camera_facing", IGNORED, 0, 0, V(2, 2), 0}, {"camera_ar", IGNORED, 0, 0, V(2, 2), 0}, {"camera_fps", IGNORED, 0, 0, V(2, 2), 0},
    {"camera_high_speed", IGNORED, 0, 0, V(2, 2), 0}, {"camera_torch", IGNORED, 0, 0, V(4, 0), 0}, {"camera_zoom", IGNORED, 0, 0, V(4, 0), 0},
    {"new_display", SPECIAL, 0, 0, V(3, 0), 0}, {"vd_destroy_content", IGNORED, 0, 0, V(3, 1), 0}, {"vd_system_decorations", IGNORED, 0, 0, V(3, 0), 0},
    {"flex_display", FLAG, AT(flex_display), 0, V(4, 0), 0}, {"capture_orientation", SPECIAL, 0, 0, V(3, 0), 0},
    {"lock_video_orientation", SPECIAL, 0, 0, 0, V(2, 7)}, {"display_ime_policy", SPECIAL, 0, 0, V(3, 2), 0},
    {"keep_active", FLAG, AT(keep_active), 0, V(4, 0), 0}, {"ignore_video_encoder_constraints", IGNORED, 0, 0, V(4, 1), 0},
    {"send_device_meta", FLAG, AT(send_device_meta), 0, 0, 0}, {"send_frame_meta", FLAG, AT(send_frame_meta), 0, 0, 0},
    {"send_dummy_byte", FLAG, AT(send_dummy_byte), 0, 0, 0}, {"send_codec_meta", FLAG, AT(send_stream_meta), 0, 0, VERSION(3, 99, 0)},
    {"send_stream_meta", FLAG, AT(send_stream_meta), 0, V(4, 0), 0}, {"raw_stream", SPECIAL, 0, 0, V(2, 1), 0},
    {"raw_video_stream", SPECIAL, 0, 0, 0, V(2, 0)},
};

static int parse_int(const char *text, int base, int *out)
{
    char *end;
    errno = 0;
    long v = strtol(text, &end, base);
    if (!*text || *end || errno || v < INT_MIN || v > INT_MAX || strchr(" \t\n", *text) || strncasecmp(text, "0x", 2) == 0)
        return illegal("java.lang.NumberFormatException", "For input string: \"%s\"", text);
    *out = (int)v;
    return 0;
}

static int parse_float(const char *key, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (!*text || *end) return ILLEGAL("Invalid float value for %s: \"%s\"", key, text);
    return 0;
}

static int codec_option(struct options *o, const char *option, bool video)
{
    char key[64];
    const char *equals = strchr(option, '='), *colon;
    if (!equals) return ILLEGAL("'=' expected");
    if (equals == option) return ILLEGAL("Key may not be null");
    snprintf(key, sizeof key, "%.*s", (int)(equals - option), option);
    const char *type = "int";
    if ((colon = strchr(key, ':'))) {
        type = colon + 1;
        key[colon - key] = 0;
    }
    double value = 0;
    if (strcmp(type, "int") == 0 || strcmp(type, "long") == 0) {
        int n = 0;
        if (parse_int(equals + 1, 10, &n) < 0) return -1;
        value = n;
    } else if (strcmp(type, "float") == 0) {
        char *end;
        value = strtod(equals + 1, &end);
        if (!equals[1] || *end) return illegal("java.lang.NumberFormatException", "For input string: \"%s\"", equals + 1);
    } else if (strcmp(type, "string") != 0) {
        return ILLEGAL("Invalid codec option type (int, long, float, str): %s", type);
    }
    if (!video) return 0;
    if (strcmp(key, "i-frame-interval") == 0) o->i_frame_interval = value;
    else if (strcmp(key, "frame-rate") == 0 && value > 0) o->frame_rate = value;
    else if (strcmp(key, "bitrate") == 0 && value > 0) o->video_bit_rate = (int)value;
    else if (strcmp(key, "max-fps-to-encoder") == 0) o->max_fps = value;
    else if (strcmp(key, "repeat-previous-frame-after") == 0) o->repeat_after_us = (long)value;
    return 0;
}

// A comma separates options, a backslash takes the meaning from the character after it.
static int codec_options(struct options *o, const char *text, bool video)
{
    char part[256];
    size_t n = 0;
    bool escape = false;
    for (const char *s = text; *s; s++) {
        if (*s == ',' && !escape) {
            part[n] = 0;
            if (codec_option(o, part, video) < 0) return -1;
            n = 0;
        } else if (*s == '\\' && !escape) {
            escape = true;
            continue;
        } else if (n < sizeof part - 1) {
            part[n++] = *s;
        }
        escape = false;
    }
    part[n] = 0;
    return n ? codec_option(o, part, video) : 0;
}

static int crop(struct options *o, const char *value)
{
    char rest;
    if (!*value) return 0;
    int *c = o->crop;
    if (sscanf(value, "%d:%d:%d:%d%c", &c[0], &c[1], &c[2], &c[3], &rest) != 4) return ILLEGAL("Crop must contains 4 values separated by colons: \"%s\"", value);
    if (c[0] <= 0 || c[1] <= 0) return ILLEGAL("Invalid crop size: %dx%d", c[0], c[1]);
    if (c[2] < 0 || c[3] < 0) return ILLEGAL("Invalid crop offset: %d:%d", c[2], c[3]);
    return 0;
}

static int codec(int *id, char *name, const char *value, bool video)
{
    static const struct { const char *name; int id; bool video; } codecs[] = {
        {"h264", CODEC_H264, true}, {"h265", CODEC_H265, true}, {"av1", CODEC_AV1, true}, {"vp8", CODEC_VP8, true}, {"vp9", CODEC_VP9, true},
        {"opus", CODEC_OPUS, false}, {"aac", CODEC_AAC, false}, {"flac", CODEC_FLAC, false}, {"raw", CODEC_RAW, false}};
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i].video == video && strcmp(value, codecs[i].name) == 0) {
            *id = codecs[i].id;
            strcpy(name, value);
            return 0;
        }
    return ILLEGAL("%s codec %s not supported", video ? "Video" : "Audio", value);
}

static bool one_of(const char *value, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(value, *list) == 0) return true;
    return false;
}

static int special(struct options *o, const char *key, const char *value)
{
    static const char *const levels[] = {"VERBOSE", "DEBUG", "INFO", "WARN", "ERROR"};
    static const char *const sources[] = {"output", "mic", "playback", "mic-unprocessed", "mic-camcorder", "mic-voice-recognition",
                                          "mic-voice-communication", "voice-call", "voice-call-uplink", "voice-call-downlink", "voice-performance", NULL};
    static const char *const turns[] = {"0", "90", "180", "270", "flip0", "flip90", "flip180", "flip270", NULL};
    static const char *const policies[] = {"local", "fallback", "hide", NULL};
    double number;
    if (strcmp(key, "scid") == 0) {
        if (parse_int(value, 16, &o->scid) < 0) return -1;
        return o->scid < -1 ? ILLEGAL("scid may not be negative (except -1 for 'none'): %d", o->scid) : 0;
    }
    if (strcmp(key, "log_level") == 0) {
        for (int i = 0; i < 5; i++)
            if (strcasecmp(value, levels[i]) == 0) return o->log_level = i, 0;
        return ILLEGAL("No enum constant com.genymobile.scrcpy.util.Ln.Level.%s", value);
    }
    if (strcmp(key, "video_codec") == 0) return codec(&o->video_codec, o->video_codec_name, value, true);
    if (strcmp(key, "audio_codec") == 0) return codec(&o->audio_codec, o->audio_codec_name, value, false);
    if (strcmp(key, "video_codec_options") == 0) return codec_options(o, value, true);
    if (strcmp(key, "audio_codec_options") == 0) return codec_options(o, value, false);
    if (strcmp(key, "crop") == 0) return crop(o, value);
    if (strcmp(key, "video_source") == 0) {
        o->camera = strcmp(value, "camera") == 0;
        return o->camera || strcmp(value, "display") == 0 ? 0 : ILLEGAL("Video source %s not supported", value);
    }
    if (strcmp(key, "audio_source") == 0) {
        if (!one_of(value, sources)) return ILLEGAL("Audio source %s not supported", value);
        snprintf(o->audio_source, sizeof o->audio_source, "%s", value);
        return 0;
    }
    if (strcmp(key, "angle") == 0) {
        if (parse_float(key, value, &number) < 0) return -1;
        o->oriented |= number > 0 || number < 0;
        return 0;
    }
    if (strcmp(key, "new_display") == 0) return o->new_display = true, 0;
    if (strcmp(key, "capture_orientation") == 0) {
        if (!*value) return ILLEGAL("Empty capture orientation string");
        const char *turn = value + (*value == '@');
        if (*turn && !one_of(turn, turns)) return ILLEGAL("Unknown orientation: %s", turn);
        o->oriented |= *value == '@' || strcmp(turn, "0") != 0;
        return 0;
    }
    if (strcmp(key, "lock_video_orientation") == 0) {
        int lock = -1;
        if (parse_int(value, 10, &lock) < 0) return -1;
        o->oriented |= lock != -1;
        return 0;
    }
    if (strcmp(key, "display_ime_policy") == 0) return one_of(value, policies) ? 0 : ILLEGAL("Invalid display IME policy: %s", value);
    // raw_stream, raw_video_stream
    if (strcasecmp(value, "true") == 0) o->send_device_meta = o->send_frame_meta = o->send_dummy_byte = o->send_stream_meta = false;
    return 0;
}

static int apply(struct options *o, const struct spec *s, const char *value)
{
    char *field = (char *)o + s->at;
    switch (s->kind) {
    case FLAG: *(bool *)(void *)field = strcasecmp(value, "true") == 0; return 0;
    case INT: return parse_int(value, 10, (int *)(void *)field);
    case FLOAT: return parse_float(s->name, value, (double *)(void *)field);
    case TEXT: snprintf(field, s->size, "%s", value); return 0;
    case IGNORED: return 0;
    case SPECIAL: return special(o, s->name, value);
    }
    return 0;
}

int options_parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){
        .scid = -1, .video = true, .audio = true, .control = true, .cleanup = true, .power_on = true, .clipboard_autosync = true,
        .downsize_on_error = true, .send_device_meta = true, .send_frame_meta = true, .send_dummy_byte = true, .send_stream_meta = true,
        .min_size_alignment = 1, .video_codec = CODEC_H264, .audio_codec = CODEC_OPUS, .video_codec_name = "h264", .audio_codec_name = "opus",
        .video_bit_rate = 8000000, .audio_bit_rate = 128000, .i_frame_interval = 10, .frame_rate = 60, .repeat_after_us = 100000,
        .audio_source = "output", .screen_off_timeout = -1};
    o->log_level = LN_DEBUG;
    if (argc < 1) return ILLEGAL("Missing client version");
    o->version = parse_version(argv[0]);
    if (o->version < 0) return ILLEGAL("The server version (any release from 2.0 to 4.1) does not match the client (%s)", argv[0]);
    for (int i = 1; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        const struct spec *s = specs, *end = specs + sizeof specs / sizeof *specs;
        if (!equals) return ILLEGAL("Invalid key=value pair: \"%s\"", argv[i]);
        size_t n = (size_t)(equals - argv[i]);
        for (; s < end; s++)
            if (strlen(s->name) == n && memcmp(s->name, argv[i], n) == 0 && o->version >= s->since && (!s->until || o->version < s->until + 100)) break;
        if (s == end) LNW("Unknown server option: %.*s", (int)n, argv[i]);
        else if (apply(o, s, equals + 1) < 0) return -1;
    }
    if (o->version < VERSION(4, 0, 0)) o->max_size &= ~7;
    int a = o->min_size_alignment;
    if (a < 1 || a > 16 || (a & (a - 1))) return ILLEGAL("min_size_alignment (%d) must be 1, 2, 4, 8 or 16", a);
    if (o->screen_off_timeout < -1) return ILLEGAL("Invalid screen off timeout: %d", o->screen_off_timeout);
    if (o->max_size < 0 || o->video_bit_rate < 0 || o->audio_bit_rate < 0) return illegal("java.lang.AssertionError", "Negative size or bit rate");
    return 0;
}
