// rushes-probe FILE MAX-PIXELS
//
// Looks at a file that came from elsewhere: one line of JSON about its first moving pictures, then
// a JPEG of one of them if there is one to be had. What is judged by these facts is not decided
// here, but that nothing larger than MAX-PIXELS is decoded.
//
//   {"codec":"h264","width":960,"height":540,"milliseconds":6012,"trackMilliseconds":6000,
//    "pictures":144,"announcedPictures":144}
//
// A member that the file leaves out is left out. Exit status 1 and a sentence on standard error for
// what is no movie for a browser, 2 when this program cannot do its work.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"
#include "poster.h"

enum { NO_MOVIE = 1, CANNOT = 2, BUFFER_BYTES = 64 << 10 };
static const AVRational milliseconds = {1, 1000};

struct source {
    int descriptor;
    int64_t size, place;
};

static _Noreturn void end(int status, const char *words) {
    // Nobody is left to be told that this failed.
    if (write(STDERR_FILENO, words, strlen(words)) < 0) _exit(status);
    _exit(status);
}

static int read_source(void *opaque, uint8_t *buffer, int count) {
    struct source *source = opaque;
    ssize_t got;
    do got = pread(source->descriptor, buffer, count, source->place);
    while (got < 0 && errno == EINTR);
    if (got == 0) return AVERROR_EOF;
    if (got < 0) return AVERROR(errno);
    source->place += got;
    return (int)got;
}

static int64_t seek_source(void *opaque, int64_t offset, int whence) {
    struct source *source = opaque;
    if (whence & AVSEEK_SIZE) return source->size;
    switch (whence & ~AVSEEK_FORCE) {
        case SEEK_SET: break;
        case SEEK_CUR: offset += source->place; break;
        case SEEK_END: offset += source->size; break;
        default: return AVERROR(EINVAL);
    }
    if (offset < 0) return AVERROR(EINVAL);
    return source->place = offset;
}

// A movie may name other files. There are none.
static int refuse_file(
    AVFormatContext *file, AVIOContext **io, const char *url, int flags, AVDictionary **options
) {
    (void)file, (void)io, (void)url, (void)flags, (void)options;
    return AVERROR(EPERM);
}

static AVFormatContext *open_movie(struct source *source, int64_t max_pixels) {
    AVFormatContext *file = avformat_alloc_context();
    uint8_t *buffer = av_malloc(BUFFER_BYTES);
    if (!file || !buffer) end(CANNOT, "there is no memory");
    file->pb = avio_alloc_context(
        buffer, BUFFER_BYTES, 0, source, read_source, NULL, seek_source);
    if (!file->pb) end(CANNOT, "there is no memory");
    file->flags |= AVFMT_FLAG_CUSTOM_IO;
    file->io_open = refuse_file;
    void *first = NULL;
    if (avformat_open_input(&file, "", av_demuxer_iterate(&first), NULL) < 0)
        end(NO_MOVIE, "it cannot be read as a movie");
    // For the decoder that reads the size of the pictures out of their own heads.
    AVDictionary *options[64] = {0};
    if (file->nb_streams > 64) end(NO_MOVIE, "it has too many tracks");
    for (unsigned i = 0; i < file->nb_streams; i++) {
        av_dict_set_int(&options[i], "max_pixels", max_pixels, 0);
        av_dict_set(&options[i], "threads", "1", 0);
    }
    if (avformat_find_stream_info(file, options) < 0)
        end(NO_MOVIE, "its tracks cannot be read");
    return file;
}

// The first moving pictures; the others are not read any more. Ends for a track that a browser may
// not be able to play.
static AVStream *choose_stream(AVFormatContext *file) {
    AVStream *chosen = NULL;
    for (unsigned i = 0; i < file->nb_streams; i++) {
        AVStream *stream = file->streams[i];
        const enum AVCodecID codec = stream->codecpar->codec_id;
        stream->discard = AVDISCARD_ALL;
        switch (stream->codecpar->codec_type) {
            case AVMEDIA_TYPE_VIDEO:
                if (!avcodec_find_decoder(codec))
                    end(NO_MOVIE, "its pictures are not of a kind that browsers play");
                if (!chosen && !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC))
                    chosen = stream;
                break;
            case AVMEDIA_TYPE_AUDIO:
                if (codec != AV_CODEC_ID_AAC && codec != AV_CODEC_ID_MP3 &&
                    codec != AV_CODEC_ID_OPUS)
                    end(NO_MOVIE, "its sound is not of a kind that browsers play");
                break;
            case AVMEDIA_TYPE_SUBTITLE: end(NO_MOVIE, "it has subtitles");
            default: break;
        }
    }
    if (!chosen) end(NO_MOVIE, "there are no moving pictures in it");
    chosen->discard = AVDISCARD_DEFAULT;
    return chosen;
}

static int64_t count_pictures(AVFormatContext *file, const AVStream *stream) {
    AVPacket *packet = av_packet_alloc();
    int64_t count = 0;
    if (!packet) end(CANNOT, "there is no memory");
    while (av_read_frame(file, packet) >= 0) {
        count += packet->stream_index == stream->index;
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    return count;
}

static void write_all(const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        const ssize_t written = write(STDOUT_FILENO, next, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) end(CANNOT, "nobody reads what is found");
        next += written;
        count -= written;
    }
}

static void write_facts(AVFormatContext *file, const AVStream *stream) {
    const AVCodecParameters *form = stream->codecpar;
    char line[400], *next = line, *const limit = line + sizeof line;
#define ADD(...) next += snprintf(next, limit - next, __VA_ARGS__)
    ADD("{\"codec\":\"%s\",\"width\":%d,\"height\":%d", avcodec_get_name(form->codec_id),
        form->width, form->height);
    if (file->duration != AV_NOPTS_VALUE)
        ADD(",\"milliseconds\":%" PRId64, file->duration / (AV_TIME_BASE / 1000));
    if (stream->duration != AV_NOPTS_VALUE)
        ADD(",\"trackMilliseconds\":%" PRId64,
            av_rescale_q(stream->duration, stream->time_base, milliseconds));
    if (stream->nb_frames > 0) ADD(",\"announcedPictures\":%" PRId64, stream->nb_frames);
    ADD(",\"pictures\":%" PRId64 "}\n", count_pictures(file, stream));
#undef ADD
    write_all(line, next - line);
}

static struct source open_source(const char *path) {
    struct source source = {.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    struct stat status;
    if (source.descriptor < 0 || fstat(source.descriptor, &status) != 0)
        end(CANNOT, "the file cannot be opened");
    if (!S_ISREG(status.st_mode)) end(NO_MOVIE, "it is no file");
    source.size = status.st_size;
    return source;
}

int main(int count, char **arguments) {
    const int64_t max_pixels = count == 3 ? strtoll(arguments[2], NULL, 10) : 0;
    if (max_pixels <= 0) end(CANNOT, "usage: rushes-probe FILE MAX-PIXELS\n");
    struct source source = open_source(arguments[1]);
    if (confine() != 0) end(CANNOT, "this program cannot be confined");
    av_log_set_level(AV_LOG_QUIET);
    AVFormatContext *file = open_movie(&source, max_pixels);
    AVStream *stream = choose_stream(file);
    write_facts(file, stream);
    const AVPacket *poster = make_poster(file, stream, max_pixels);
    if (poster) write_all(poster->data, poster->size);
    _exit(0);
}
