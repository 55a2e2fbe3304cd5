/* Functions of an int by value, for the steps of pipelines. */
#ifndef WEFT_TEST_INT_FUNCTIONS_H
#define WEFT_TEST_INT_FUNCTIONS_H

#include "expression_functions.h"

OF_VALUE(int, same, v);
OF_VALUE(int, twice, 2 * v);
OF_VALUE(int, plus_100, v + 100);
OF_VALUE(int, plus_200, v + 200);
OF_VALUE(int, plus_300, v + 300);
OF_VALUE(bool, above_3, v > 3);
OF_VALUE(bool, above_5, v > 5);
OF_VALUE(bool, above_100, v > 100);
OF_VALUE(bool, below_5, v < 5);
OF_VALUE(bool, below_10, v < 10);

#endif
