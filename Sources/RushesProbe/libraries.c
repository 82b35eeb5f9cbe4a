// The parts of FFmpeg that are in this program, and no others.
//
// FFmpeg's own lists name every part, so that each program would bring them all: a hundred
// libraries to load for each file, and every decoder's faults. The lists here stand in their place
// when the static libraries are linked; what they do not name is not in the program at all. The
// parts themselves are named by FFmpeg's sources, not by its headers.
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/mem.h>
#include <stdint.h>
#include <string.h>

extern const AVInputFormat ff_mov_demuxer;
extern const AVCodec ff_h264_decoder, ff_hevc_decoder, ff_vp9_decoder, ff_libdav1d_decoder;
extern const AVCodec ff_mjpeg_encoder;
extern const AVCodecParser ff_h264_parser, ff_hevc_parser, ff_vp9_parser, ff_av1_parser;
extern const AVBitStreamFilter ff_null_bsf, ff_vp9_superframe_split_bsf;

// What browsers play. Of sound, nothing is decoded.
static const AVCodec *const codecs[] = {
    &ff_h264_decoder, &ff_hevc_decoder, &ff_vp9_decoder, &ff_libdav1d_decoder, &ff_mjpeg_encoder,
};
enum { CODECS = sizeof codecs / sizeof *codecs, DECODERS = CODECS - 1 };
static const AVCodecParser *const parsers[] = {
    &ff_h264_parser, &ff_hevc_parser, &ff_vp9_parser, &ff_av1_parser,
};
static const AVBitStreamFilter *const filters[] = {&ff_null_bsf, &ff_vp9_superframe_split_bsf};

// The next of a list; `place` is 0 at its beginning.
#define NEXT(list, place)                                           \
    do {                                                            \
        const uintptr_t index = (uintptr_t) * (place);              \
        if (index >= sizeof(list) / sizeof *(list)) return NULL;    \
        *(place) = (void *)(index + 1);                             \
        return (list)[index];                                       \
    } while (0)

const AVCodec *av_codec_iterate(void **place) { NEXT(codecs, place); }
const AVCodecParser *av_parser_iterate(void **place) { NEXT(parsers, place); }
const AVBitStreamFilter *av_bsf_iterate(void **place) { NEXT(filters, place); }

const AVInputFormat *av_demuxer_iterate(void **place) {
    if (*place) return NULL;
    *place = (void *)1;
    return &ff_mov_demuxer;
}

const AVOutputFormat *av_muxer_iterate(void **place) {
    (void)place;
    return NULL;
}

const AVCodec *avcodec_find_decoder(enum AVCodecID id) {
    for (int i = 0; i < DECODERS; i++)
        if (codecs[i]->id == id) return codecs[i];
    return NULL;
}

const AVCodec *avcodec_find_encoder(enum AVCodecID id) {
    return id == AV_CODEC_ID_MJPEG ? &ff_mjpeg_encoder : NULL;
}

// Asked for `h264` by libavformat, which reads the true size of the pictures with it.
const AVCodec *avcodec_find_decoder_by_name(const char *name) {
    for (int i = 0; i < DECODERS; i++)
        if (strcmp(codecs[i]->name, name) == 0) return codecs[i];
    return NULL;
}

const AVCodec *avcodec_find_encoder_by_name(const char *name) {
    (void)name;
    return NULL;
}

const AVBitStreamFilter *av_bsf_get_by_name(const char *name) {
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (strcmp(filters[i]->name, name) == 0) return filters[i];
    return NULL;
}

// No protocol: not `file:` either. The bytes come from one descriptor.

const AVClass *ff_bsf_child_class_iterate(void **place) {
    (void)place;
    return NULL;
}

const AVClass *ff_urlcontext_child_class_iterate(void **place) {
    (void)place;
    return NULL;
}

const char *avio_enum_protocols(void **place, int output) {
    (void)place;
    (void)output;
    return NULL;
}

const void **ffurl_get_protocols(const char *allowed, const char *refused) {
    (void)allowed;
    (void)refused;
    return av_mallocz(sizeof(void *));
}

int ff_gnutls_init(void) { return 0; }
void ff_gnutls_deinit(void) {}

// The decoders' ways to graphics cards, which are never asked for: each is looked at for its format
// alone, and zero (AV_PIX_FMT_YUV420P) is none of theirs. The types are FFmpeg's own and larger
// than nothing that is read of them.
#define NO_HARDWARE(name) const char name[512]
NO_HARDWARE(ff_h264_nvdec_hwaccel);
NO_HARDWARE(ff_h264_vaapi_hwaccel);
NO_HARDWARE(ff_h264_vdpau_hwaccel);
NO_HARDWARE(ff_hevc_nvdec_hwaccel);
NO_HARDWARE(ff_hevc_vaapi_hwaccel);
NO_HARDWARE(ff_hevc_vdpau_hwaccel);
NO_HARDWARE(ff_vp9_nvdec_hwaccel);
NO_HARDWARE(ff_vp9_vaapi_hwaccel);
NO_HARDWARE(ff_vp9_vdpau_hwaccel);
NO_HARDWARE(ff_mpeg4_nvdec_hwaccel);
NO_HARDWARE(ff_mpeg4_vaapi_hwaccel);
NO_HARDWARE(ff_mpeg4_vdpau_hwaccel);
NO_HARDWARE(ff_h263_vaapi_hwaccel);
NO_HARDWARE(ff_hwcontext_type_cuda);
NO_HARDWARE(ff_hwcontext_type_drm);
NO_HARDWARE(ff_hwcontext_type_opencl);
NO_HARDWARE(ff_hwcontext_type_qsv);
NO_HARDWARE(ff_hwcontext_type_vaapi);
NO_HARDWARE(ff_hwcontext_type_vdpau);
NO_HARDWARE(ff_hwcontext_type_vulkan);

// The Swift driver links every program with a piece that tells Swift's runtime of it. There is no
// Swift in this one.
void swift_addNewDSOImage(const void *image) { (void)image; }
