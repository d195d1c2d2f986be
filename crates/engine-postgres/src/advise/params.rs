//! Parameters for statements that were recorded without: values from the column statistics.
