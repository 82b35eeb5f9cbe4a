#ifndef POSTER_H
#define POSTER_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

// A JPEG of one picture of the stream: the last one up to half a second that stands by itself, at
// most 640 points wide and high. NULL when there is none within `max_pixels`. The file is read from
// a place of its own choice, and is left there.
AVPacket *make_poster(AVFormatContext *file, AVStream *stream, int64_t max_pixels);

#endif
