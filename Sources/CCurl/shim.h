#pragma once
#include <curl/curl.h>

// Swift imports no variadic functions, and curl_easy_setopt and curl_easy_getinfo are variadic:
// one typed function for each kind of value that we pass or read.

static inline CURLcode rushes_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode rushes_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode rushes_curl_set_bytes(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode rushes_curl_set_list(
    CURL *handle, CURLoption option, struct curl_slist *value
) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode rushes_curl_set_error_buffer(CURL *handle, char *buffer) {
    return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode rushes_curl_set_write(
    CURL *handle, curl_write_callback callback, void *context
) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

static inline CURLcode rushes_curl_set_header(
    CURL *handle, curl_write_callback callback, void *context
) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

static inline CURLcode rushes_curl_set_read(
    CURL *handle, curl_read_callback callback, void *context
) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_READFUNCTION, callback);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_READDATA, context);
}

static inline CURLcode rushes_curl_set_open_socket(
    CURL *handle, curl_opensocket_callback callback, void *context
) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context);
}

static inline CURLcode rushes_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode rushes_curl_get_certificates(CURL *handle, struct curl_certinfo **value) {
    return curl_easy_getinfo(handle, CURLINFO_CERTINFO, value);
}

static inline CURLcode rushes_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
    return curl_easy_getinfo(handle, info, value);
}

// Casting and comparing through a macro that Swift does not import.
static inline curl_socket_t rushes_curl_bad_socket(void) { return CURL_SOCKET_BAD; }

// These are casts, which Swift does not import.
static inline size_t rushes_curl_read_abort(void) { return CURL_READFUNC_ABORT; }
static inline long rushes_curl_tls_required(void) { return (long)CURLUSESSL_ALL; }
static inline long rushes_curl_tls_none(void) { return (long)CURLUSESSL_NONE; }
