/* Risk: what all positions together are worth, whether that is too much, and who is told. Systems
 * of the scheduler, which runs now and then, unlike the makers, who run at once. */
#ifndef QUOTER_RISK_H
#define QUOTER_RISK_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/world.h>

typedef struct Risk_limits {
    int64_t position_lots; /* of one instrument, bought or sold */
    int64_t gross;         /* as in Exposure; from there on positions may only shrink */
    int64_t calm;          /* from there down they may grow again */
} Risk_limits;
WEFT_RESOURCE_DECLARE(Risk_limits);

/* At theoretical prices, in their fine steps times lots. */
typedef struct Exposure {
    int64_t gross;  /* what is bought and what is sold, added */
    int64_t net;    /* what is bought, less what is sold */
    int64_t profit; /* since the start */
} Exposure;
WEFT_RESOURCE_DECLARE(Exposure);

typedef struct Risk_mode {
    bool reducing;
} Risk_mode;
WEFT_RESOURCE_DECLARE(Risk_mode);

/* Registers these, and the scheduler with the systems, after everything that they read. [before
 * build] */
WEFT_CHECKED weft_status risk_install(weft_builder *builder);

#endif
