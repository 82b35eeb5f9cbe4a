#include "poster.h"

#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>

enum {
    LONGEST_SIDE = 640,
    // Of ffmpeg's scale from 2, the best, to 31.
    QUALITY = 4,
    // Pictures that stand by themselves and cannot be decoded, before the search is given up.
    TRIES = 8,
};
static const AVRational milliseconds = {1, 1000};

// Decodes one packet by itself. Its picture needs no other, so that only one is decoded, however
// many lie between it and the place that was looked for.
static AVFrame *decode(AVCodecContext *decoder, AVPacket *packet) {
    AVFrame *picture = av_frame_alloc();
    if (!picture) return NULL;
    avcodec_flush_buffers(decoder);
    if (avcodec_send_packet(decoder, packet) == 0 && avcodec_send_packet(decoder, NULL) == 0 &&
        avcodec_receive_frame(decoder, picture) == 0)
        return picture;
    av_frame_free(&picture);
    return NULL;
}

static AVFrame *find_picture(AVFormatContext *file, AVStream *stream, AVCodecContext *decoder) {
    const int64_t place = av_rescale_q(500, milliseconds, stream->time_base) +
                          (stream->start_time == AV_NOPTS_VALUE ? 0 : stream->start_time);
    if (av_seek_frame(file, stream->index, place, AVSEEK_FLAG_BACKWARD) < 0 &&
        av_seek_frame(file, stream->index, 0, AVSEEK_FLAG_BACKWARD) < 0)
        return NULL;
    AVPacket *packet = av_packet_alloc();
    AVFrame *picture = NULL;
    for (int tries = 0; packet && !picture && tries < TRIES && av_read_frame(file, packet) >= 0;) {
        if (packet->stream_index == stream->index && packet->flags & AV_PKT_FLAG_KEY) {
            picture = decode(decoder, packet);
            tries++;
        }
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    return picture;
}

// The picture in the form that JPEG wants.
static AVFrame *scale(const AVFrame *picture) {
    const int longest = FFMAX(picture->width, picture->height);
    AVFrame *scaled = av_frame_alloc();
    if (!scaled || longest <= 0) return NULL;
    const int side = FFMIN(longest, LONGEST_SIDE);
    scaled->format = AV_PIX_FMT_YUVJ420P;
    scaled->width = FFMAX(1, (int)((int64_t)picture->width * side / longest));
    scaled->height = FFMAX(1, (int)((int64_t)picture->height * side / longest));
    struct SwsContext *context = sws_getContext(
        picture->width, picture->height, picture->format, scaled->width, scaled->height,
        scaled->format, SWS_BICUBIC, NULL, NULL, NULL);
    if (!context || av_frame_get_buffer(scaled, 0) < 0) return NULL;
    const int *matrix = sws_getCoefficients(SWS_CS_DEFAULT);
    // -1, for forms that have no range, changes nothing.
    sws_setColorspaceDetails(
        context, matrix, picture->color_range == AVCOL_RANGE_JPEG, matrix, 1, 0, 1 << 16, 1 << 16);
    const int rows = sws_scale(
        context, (const uint8_t *const *)picture->data, picture->linesize, 0, picture->height,
        scaled->data, scaled->linesize);
    return rows == scaled->height ? scaled : NULL;
}

static AVPacket *encode(AVFrame *picture) {
    AVCodecContext *encoder = avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_MJPEG));
    AVPacket *packet = av_packet_alloc();
    if (!encoder || !packet) return NULL;
    encoder->width = picture->width;
    encoder->height = picture->height;
    encoder->pix_fmt = picture->format;
    encoder->color_range = AVCOL_RANGE_JPEG;
    encoder->time_base = (AVRational){1, 25};
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = picture->quality = FF_QP2LAMBDA * QUALITY;
    encoder->thread_count = 1;
    picture->pts = 0;
    if (avcodec_open2(encoder, encoder->codec, NULL) < 0 ||
        avcodec_send_frame(encoder, picture) < 0 || avcodec_send_frame(encoder, NULL) < 0 ||
        avcodec_receive_packet(encoder, packet) < 0)
        return NULL;
    return packet;
}

// What is made here lasts as long as the process, which ends right after.
AVPacket *make_poster(AVFormatContext *file, AVStream *stream, int64_t max_pixels) {
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    AVCodecContext *decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!decoder || avcodec_parameters_to_context(decoder, stream->codecpar) < 0) return NULL;
    decoder->pkt_timebase = stream->time_base;
    decoder->thread_count = 1;
    decoder->max_pixels = max_pixels;
    if (avcodec_open2(decoder, codec, NULL) < 0) return NULL;
    AVFrame *picture = find_picture(file, stream, decoder);
    // A picture says its own size, which may be another than the file's.
    if (!picture || (int64_t)picture->width * picture->height > max_pixels) return NULL;
    AVFrame *scaled = scale(picture);
    return scaled ? encode(scaled) : NULL;
}
