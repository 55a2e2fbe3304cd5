#include "risk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <weft/fn.h>
#include <weft/reactor.h>
#include <weft/scheduler.h>

#include "maker.h"
#include "market.h"

WEFT_RESOURCE_DEFINE(Risk_limits);
WEFT_RESOURCE_DEFINE(Exposure);
WEFT_RESOURCE_DEFINE(Risk_mode);

static bool watch_positions(const Positions *positions, uint64_t *seen)
{
    const bool changed = positions->fills != *seen;
    *seen = positions->fills;
    return changed;
}
WEFT_FN(watch_positions, RES(Positions), LOCAL(uint64_t));

static bool sum_exposure(const Positions *positions, const Theos *theos, Exposure *exposure)
{
    const Exposure old = *exposure;
    *exposure = (Exposure){ .profit = MAKER_FINE * positions->cash };
    for (size_t i = 0; i < INSTRUMENTS; i++) {
        const int64_t value = positions->at[i] * theos->at[i];
        exposure->gross += llabs(value);
        exposure->net += value;
        exposure->profit += value;
    }
    return exposure->gross != old.gross || exposure->net != old.net ||
           exposure->profit != old.profit;
}
WEFT_FN(sum_exposure, RES(Positions), RES(Theos), MUT(Exposure));

/* Between the two limits everything stays as it is, lest the quotes come and go with every fill. */
static bool check_limits(const Exposure *exposure, const Risk_limits *limits, Risk_mode *mode)
{
    const bool reducing = exposure->gross > (mode->reducing ? limits->calm : limits->gross);
    const bool changed = reducing != mode->reducing;
    mode->reducing = reducing;
    return changed;
}
WEFT_FN(check_limits, RES(Exposure), RES(Risk_limits), MUT(Risk_mode));

static void wake_desk(weft_reactors *reactors)
{
    weft_source_id source;
    if (weft_reactors_find_key(reactors, WEFT_KEY(Desk_id, { MAKER_DESK }), &source))
        weft_reactors_mark(reactors, source);
}
WEFT_FN(wake_desk, MUT(weft_reactors));

static void report(const Exposure *exposure, const Risk_mode *mode, int64_t turn)
{
    printf("turn %" PRId64 ": gross %" PRId64 ", net %" PRId64 ", profit %" PRId64 ", %s\n", turn,
           exposure->gross / MAKER_FINE, exposure->net / MAKER_FINE, exposure->profit / MAKER_FINE,
           mode->reducing ? "reducing" : "open");
}
WEFT_FN(report, RES(Exposure), RES(Risk_mode), SEQ);

static weft_status add_systems(weft_scheduler *scheduler)
{
    weft_system_id positions, exposure, limits, wake, last;
    WEFT_SYSTEM(scheduler, watch_positions, &positions);
    WEFT_SYSTEM(scheduler, sum_exposure, &exposure);
    WEFT_SYSTEM(scheduler, check_limits, &limits);
    WEFT_SYSTEM(scheduler, wake_desk, &wake);
    WEFT_SYSTEM(scheduler, report, &last);
    weft_scheduler_after(scheduler, exposure, positions);
    weft_scheduler_after(scheduler, limits, exposure);
    weft_scheduler_after(scheduler, wake, limits);
    weft_scheduler_after(scheduler, last, exposure);
    weft_scheduler_after(scheduler, last, limits);
    return weft_scheduler_build(scheduler); /* the first failure of all of the above */
}

weft_status risk_install(weft_builder *builder)
{
    WEFT_REGISTER(builder, Risk_limits,
                  { .position_lots = 15,
                    .gross = INT64_C(9000000) * MAKER_FINE,
                    .calm = INT64_C(8500000) * MAKER_FINE });
    WEFT_REGISTER_DEFAULT(builder, Exposure);
    WEFT_REGISTER_DEFAULT(builder, Risk_mode);
    weft_scheduler *const scheduler = weft_scheduler_install(builder);
    return scheduler ? add_systems(scheduler) : WEFT_ENOMEM;
}
