// Screen → H.264, as SurfaceEncoder.java drives MediaCodec: a frame when the screen changed, the last one again every 100 ms of
// quiet and at most ten times (GraphicBufferSource's kRepeatLastFrameCount), a new session at each reset.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <x264.h>

#include "ln.h"
#include "picture.h"
#include "session.h"
#include "stream.h"

#define REPEATS 10
#define LONGEST_NAP_US 100000  // after which an end or a reset is noticed

struct encoder {
    struct session *session;
    struct stream stream;
    struct picture picture;
    x264_t *x264;
    x264_picture_t in;
    struct screen_frame frame;  // what the picture holds
    uint64_t last_pts, last_key; // µs
    int64_t count;               // frames of this session
};

void log_encoders(enum ln_level level, const char *before)
{
    ln(level, "%s%sList of video encoders:\n    --video-codec=h264 --video-encoder=c2.ancloud.avc.encoder         (sw) [vendor]", before, *before ? "\n" : "");
}

void video_size(const struct options *o, int w, int h, int *out_w, int *out_h)
{
    int most = o->max_size;
    bool limited = most > 0 && (w > most || h > most);
    if (limited && w > h) h = h * most / w, w = most;
    else if (limited) w = w * most / h, h = most;
    if (o->version >= VERSION(4, 0, 0)) {
        int align = o->min_size_alignment > 2 ? o->min_size_alignment : 2;  // 2: what the encoder needs
        w = w / align * align > align ? w / align * align : align;
        h = h / align * align > align ? h / align * align : align;
    } else if ((w & 7) || (h & 7)) {
        bool portrait = h > w;
        int major = (portrait ? h : w) & ~7, minor = ((portrait ? w : h) + 4) & ~7;
        if (minor > major) minor = major;
        w = portrait ? minor : major;
        h = portrait ? major : minor;
    }
    *out_w = w;
    *out_h = h;
}

static int open_encoder(struct encoder *e)
{
    const struct options *o = &e->session->options;
    x264_param_t p;
    int kbps = o->video_bit_rate / 1000 > 0 ? o->video_bit_rate / 1000 : 1;
    x264_param_default_preset(&p, "ultrafast", "zerolatency");
    p.i_log_level = X264_LOG_NONE;
    p.i_threads = 1;
    p.b_sliced_threads = 0;
    p.i_width = e->picture.width;
    p.i_height = e->picture.height;
    p.i_csp = X264_CSP_I420;
    p.vui.b_fullrange = 0;
    p.vui.i_colorprim = p.vui.i_transfer = p.vui.i_colmatrix = 6;  // SMPTE 170M, as picture.c converts
    // The bits of a second are shared out over the nominal rate. Sharing by time stamps (b_vfr_input) would hold each frame back
    // until the next one comes.
    p.i_fps_num = (uint32_t)((o->max_fps > 0 && o->max_fps < o->frame_rate ? o->max_fps : o->frame_rate) * 1000);
    p.i_fps_den = 1000;
    p.b_vfr_input = 0;
    // Key frames are placed by time (see is_key), not by count or scene.
    p.i_keyint_max = X264_KEYINT_MAX_INFINITE;
    p.i_scenecut_threshold = 0;
    p.i_bframe = 0;
    p.b_repeat_headers = 0;
    p.b_annexb = 1;
    p.rc.i_rc_method = X264_RC_ABR;
    p.rc.i_bitrate = kbps;
    p.rc.i_vbv_max_bitrate = kbps;
    p.rc.i_vbv_buffer_size = kbps;
    p.rc.f_vbv_buffer_init = 0.9f;
    p.analyse.i_weighted_pred = 0;
    if (x264_param_apply_profile(&p, "baseline") < 0) return -1;
    e->x264 = x264_encoder_open(&p);
    if (!e->x264) return -1;
    x264_picture_init(&e->in);
    e->in.img.i_csp = X264_CSP_I420;
    e->in.img.i_plane = 3;
    for (int i = 0; i < 3; i++) {
        e->in.img.plane[i] = e->picture.plane[i];
        e->in.img.i_stride[i] = e->picture.stride[i];
    }
    return 0;
}

// SPS and PPS, once per session; MediaCodec does not repeat them before key frames either.
static int send_config(struct encoder *e)
{
    x264_nal_t *nals;
    int n;
    uint8_t config[512];
    size_t size = 0;
    if (x264_encoder_headers(e->x264, &nals, &n) < 0) return errno = EIO, -1;
    for (int i = 0; i < n; i++) {
        if (nals[i].i_type != NAL_SPS && nals[i].i_type != NAL_PPS) continue;
        if (size + (size_t)nals[i].i_payload > sizeof config) return errno = EIO, -1;
        memcpy(config + size, nals[i].p_payload, (size_t)nals[i].i_payload);
        size += (size_t)nals[i].i_payload;
    }
    return stream_packet(&e->stream, config, size, 0, true, false);
}

static bool is_key(const struct encoder *e, uint64_t pts)
{
    double interval = e->session->options.i_frame_interval;
    if (!e->last_key || interval == 0) return true;
    return interval > 0 && (double)(pts - e->last_key) >= interval * 1e6;
}

static int encode(struct encoder *e, uint64_t pts)
{
    x264_nal_t *nals;
    int n;
    x264_picture_t out;
    if (pts <= e->last_pts) pts = e->last_pts + 1;
    e->last_pts = pts;
    bool key = is_key(e, pts);
    e->in.i_type = key ? X264_TYPE_IDR : X264_TYPE_AUTO;
    e->in.i_pts = e->count++;
    int size = x264_encoder_encode(e->x264, &nals, &n, &e->in, &out);
    if (size < 0) return errno = EIO, -1;
    if (!size) return 0;
    if (out.b_keyframe) e->last_key = pts;
    return stream_packet(&e->stream, nals[0].p_payload, (size_t)size, pts, false, out.b_keyframe);
}

// Brings the picture up to the newest frame. false: the display's size or rotation is not the session's any more.
static bool take_newest(struct encoder *e, bool whole)
{
    for (;;) {
        struct screen_frame f;
        const uint32_t *px = screen_newest(&e->session->screen, &f);
        if (f.width != e->frame.width || f.height != e->frame.height || f.rotation != e->frame.rotation) return false;
        struct rect all = {0, 0, f.width, f.height};
        picture_take(&e->picture, px, f.width, whole ? all : screen_damage(&e->session->screen, e->frame.serial, &f));
        // A torn read costs another round over everything, because the damage that was taken is not known to be right.
        if (screen_intact(&e->session->screen, &f)) {
            e->frame = f;
            return true;
        }
        whole = true;
    }
}

static struct rect source_of(const struct options *o, const struct screen_frame *f)
{
    struct rect all = {0, 0, f->width, f->height};
    if (!o->crop[0]) return all;
    // The crop is given for the device's natural orientation.
    const int *c = o->crop;
    struct rect r = f->rotation & 1 ? (struct rect){c[3], c[2], c[3] + c[1], c[2] + c[0]} : (struct rect){c[2], c[3], c[2] + c[0], c[3] + c[1]};
    r = rect_cross(r, all);
    return rect_empty(r) ? all : r;
}

static int begin(struct encoder *e)
{
    struct session *s = e->session;
    int w, h;
    screen_newest(&s->screen, &e->frame);
    struct rect source = source_of(&s->options, &e->frame);
    video_size(&s->options, source.x1 - source.x0, source.y1 - source.y0, &w, &h);
    if (e->x264) x264_encoder_close(e->x264);
    e->x264 = NULL;
    if (picture_init(&e->picture, w, h, source) < 0 || open_encoder(e) < 0) return errno = ENOMEM, -1;
    e->last_key = 0;
    e->count = 0;
    pthread_mutex_lock(&s->mapping_lock);
    s->mapped = true;
    s->video_width = w;
    s->video_height = h;
    s->device_width = source.x1 - source.x0;
    s->device_height = source.y1 - source.y0;
    s->offset_x = source.x0;
    s->offset_y = source.y0;
    pthread_mutex_unlock(&s->mapping_lock);
    return 0;
}

// Encodes until something asks for a new session. 1: begin anew, 0: stop, -1: errno.
static int run(struct encoder *e)
{
    struct session *s = e->session;
    const struct options *o = &s->options;
    if (!take_newest(e, true)) return 1;  // turned meanwhile
    if (send_config(e) < 0 || encode(e, now_ns() / 1000) < 0) return -1;
    uint64_t least = o->max_fps > 0 ? (uint64_t)(1e6 / o->max_fps) : 0, repeat_us = o->repeat_after_us > 0 ? (uint64_t)o->repeat_after_us : 0;
    int repeats = repeat_us ? REPEATS : 0;
    uint64_t seen_at = now_ns() / 1000, beat = seen_at;  // last frame sent; its place in the beat of max_fps
    for (;;) {
        if (s->stopping) return 0;
        if (s->resets) return 1;
        uint64_t now = now_ns() / 1000;
        int wait = repeats ? (int)((seen_at + repeat_us > now ? seen_at + repeat_us - now + 999 : 0) / 1000) : -1;
        uint32_t serial = screen_wait(&s->screen, e->frame.serial, wait);
        now = now_ns() / 1000;
        if (s->stopping || s->resets) continue;
        if (serial == e->frame.serial) {
            if (repeats && now >= seen_at + repeat_us) {
                repeats--;
                seen_at = now;
                if (encode(e, now) < 0) return -1;
            }
            continue;
        }
        // max-fps-to-encoder: what comes too early waits for its time and is then taken at its newest.
        if (least && now + 1000 < beat + least) {
            uint64_t left = beat + least - now;
            struct timespec t = {0, left < LONGEST_NAP_US ? (long)left * 1000 : LONGEST_NAP_US * 1000};
            nanosleep(&t, NULL);
            continue;
        }
        if (!take_newest(e, false)) {
            s->resets |= RESET_DISPLAY;
            return 1;
        }
        beat = least && now < beat + 2 * least ? beat + least : now;
        seen_at = now;
        repeats = repeat_us ? REPEATS : 0;
        if (encode(e, e->frame.ns / 1000) < 0) return -1;
    }
}

static int stream_capture(struct encoder *e)
{
    struct session *s = e->session;
    bool header = false;
    for (;;) {
        int why = atomic_exchange(&s->resets, 0);
        if (s->stopping) return 0;
        if (begin(e) < 0) return -1;
        if (!header && stream_video_header(&e->stream, e->picture.width, e->picture.height) < 0) return -1;
        header = true;
        bool client = (why & RESET_RESIZED) && !(why & ~RESET_RESIZED & RESET_CLIENT);
        if (stream_session(&e->stream, e->picture.width, e->picture.height, client) < 0) return -1;
        int r = run(e);
        if (r <= 0) return r;
    }
}

static bool configured(const struct options *o)
{
    if (o->display_id != 0) {
        LNE("Display %d not found\nList of displays:\n    --display-id=0    (main)", o->display_id);
        return false;
    }
    if (o->video_encoder[0] && strcmp(o->video_encoder, "c2.ancloud.avc.encoder") != 0 && strcmp(o->video_encoder, "OMX.google.h264.encoder") != 0) {
        char text[200];
        snprintf(text, sizeof text, "Video encoder '%s' for %s not found", o->video_encoder, o->video_codec_name);
        log_encoders(LN_ERROR, text);
        return false;
    }
    if (o->video_codec != CODEC_H264) {
        char text[200];
        snprintf(text, sizeof text, "Could not create default video encoder for %s", o->video_codec_name);
        log_encoders(LN_ERROR, text);
        ln_exception("Video encoding error", "java.io.IOException", "Failed to initialize video encoder, error 0xfffffffe (NAME_NOT_FOUND)");
        return false;
    }
    return true;
}

void *video_thread(void *arg)
{
    struct encoder e = {.session = arg};
    const struct options *o = &e.session->options;
    e.stream = stream_of(e.session->video_fd, o->video_codec, o);
    if (configured(o)) {
        LND("Using video encoder: 'c2.ancloud.avc.encoder'");
        LND("Display: using DisplayManager API");
        if (stream_capture(&e) < 0 && errno != EPIPE && errno != ECONNRESET) ln_exception("Video encoding error", "java.io.IOException", strerror(errno));
    }
    if (e.x264) x264_encoder_close(e.x264);
    picture_free(&e.picture);
    LND("Screen streaming stopped");
    session_ended(e.session, true);
    return NULL;
}
