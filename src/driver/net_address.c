#define _GNU_SOURCE
#include <weft/net.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "net_status.h"

static bool parse_ipv4(const char *host, uint16_t port, weft_address *address_out)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1)
        return false;
    *address_out = (weft_address){ .len = (socklen_t)sizeof at };
    memcpy(&address_out->storage, &at, sizeof at);
    return true;
}

static bool parse_ipv6(const char *host, uint16_t port, weft_address *address_out)
{
    struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    char digits[INET6_ADDRSTRLEN];
    const char *scope = strchr(host, '%');
    const size_t len = scope ? (size_t)(scope - host) : strlen(host);
    if (len >= sizeof digits)
        return false;
    memcpy(digits, host, len);
    digits[len] = '\0';
    if (inet_pton(AF_INET6, digits, &at.sin6_addr) != 1)
        return false;
    if (scope && !(at.sin6_scope_id = if_nametoindex(scope + 1)))
        return false;
    *address_out = (weft_address){ .len = (socklen_t)sizeof at };
    memcpy(&address_out->storage, &at, sizeof at);
    return true;
}

weft_status weft_address_parse(const char *host, uint16_t port, weft_address *address_out)
{
    if (host && (parse_ipv4(host, port, address_out) || parse_ipv6(host, port, address_out)))
        return WEFT_OK;
    return weft_net_invalid();
}

static void format_ipv6(const struct sockaddr_in6 *at, char *text, size_t cap_bytes)
{
    char digits[INET6_ADDRSTRLEN], interface[IF_NAMESIZE];
    inet_ntop(AF_INET6, &at->sin6_addr, digits, sizeof digits);
    const bool scoped = at->sin6_scope_id && if_indextoname(at->sin6_scope_id, interface);
    snprintf(text, cap_bytes, "[%s%s%s]:%u", digits, scoped ? "%" : "", scoped ? interface : "",
             ntohs(at->sin6_port));
}

/* The kernel terminates a path only if there is room left. Abstract names begin with a zero byte,
 * unnamed sockets have none. */
static void format_unix(const struct sockaddr_un *at, socklen_t len, char *text, size_t cap_bytes)
{
    const size_t path_offset = offsetof(struct sockaddr_un, sun_path);
    const int size = (size_t)len > path_offset ? (int)((size_t)len - path_offset) : 0;
    if (size > 0 && !at->sun_path[0])
        snprintf(text, cap_bytes, "unix:@%.*s", size - 1, at->sun_path + 1);
    else
        snprintf(text, cap_bytes, "unix:%.*s", size, at->sun_path);
}

char *weft_address_format(const weft_address *address, char *text, size_t cap_bytes)
{
    char digits[INET_ADDRSTRLEN];
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&address->storage;
    switch (address->storage.ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &ipv4->sin_addr, digits, sizeof digits);
        snprintf(text, cap_bytes, "%s:%u", digits, ntohs(ipv4->sin_port));
        break;
    case AF_INET6:
        format_ipv6((const struct sockaddr_in6 *)&address->storage, text, cap_bytes);
        break;
    case AF_UNIX:
        format_unix((const struct sockaddr_un *)&address->storage, address->len, text, cap_bytes);
        break;
    default: snprintf(text, cap_bytes, "family %d", address->storage.ss_family);
    }
    return text;
}

typedef int name_fn(int fd, struct sockaddr *address, socklen_t *len);

static weft_status name_of(name_fn *name, int fd, weft_address *address_out)
{
    weft_address address = { .len = sizeof address.storage };
    if (name(fd, (struct sockaddr *)&address.storage, &address.len))
        return weft_net_status(errno);
    *address_out = address;
    return WEFT_OK;
}

/* glibc declares them with a transparent union, which no function pointer matches. */
static int name_here(int fd, struct sockaddr *address, socklen_t *len)
{
    return getsockname(fd, address, len);
}

static int name_there(int fd, struct sockaddr *address, socklen_t *len)
{
    return getpeername(fd, address, len);
}

weft_status weft_local_address(int fd, weft_address *address_out)
{
    return name_of(name_here, fd, address_out);
}

weft_status weft_peer_address(int fd, weft_address *address_out)
{
    return name_of(name_there, fd, address_out);
}

uint16_t weft_local_port(int fd)
{
    weft_address address;
    if (weft_local_address(fd, &address))
        return 0;
    switch (address.storage.ss_family) {
    case AF_INET: return ntohs(((const struct sockaddr_in *)&address.storage)->sin_port);
    case AF_INET6: return ntohs(((const struct sockaddr_in6 *)&address.storage)->sin6_port);
    default: return 0;
    }
}
