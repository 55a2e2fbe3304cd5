/* The example of net.h. */
#include "example.h"

#include <unistd.h>

#include <weft/net.h>

static int clients;

static void add_client(int fd)
{
    clients++;
    close(fd);
}

static int serve(void)
{
    weft_listener listener;
    int fd;
    if (weft_tcp_listen("127.0.0.1", 0, 0, &fd) || weft_listener_init(&listener, fd))
        return 1;
    uint16_t port = weft_local_port(fd);

    int there;
    assert_int_equal(weft_tcp_connect("127.0.0.1", port, &there), WEFT_OK);

    while (!clients) {
        int client; // in the handler of listener.fd
        weft_status status = weft_accept(&listener, &client);
        if (status == WEFT_OK)
            add_client(client);
    }

    close(there);
    weft_listener_fini(&listener);
    return 0;
}

static void a_client_that_connects_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(serve(), 0);
    assert_int_equal(clients, 1);
}

EXAMPLE(a_client_that_connects_is_accepted);
