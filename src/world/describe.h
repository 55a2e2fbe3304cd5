/* What text and graph have in common. */
#ifndef WEFT_SRC_WORLD_DESCRIBE_H
#define WEFT_SRC_WORLD_DESCRIBE_H

#include <stdio.h>

#include <weft/handler.h>

/* "RES Config, BUNDLE Market { MUT Risk }, IN Order" */
void describe_params(const weft_param *params, size_t count, FILE *file);

/* Whether the parameter is a resource, and whether it is written. */
bool describe_is_resource(const weft_param *param);
bool describe_is_written(const weft_param *param);

#endif
