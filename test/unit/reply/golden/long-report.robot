===== (1/5) 季度运行报告 Q3 2026
# 季度运行报告 Q3 2026

下面是完整的运行情况，按系统分节。

## 1. 系统 A

系统 A 在本季度**稳定**运行，可用率为 99.91%。系统 A 在本季度**稳定**运行，可用率为 99.91%。系统 A 在本季度**稳定**运行，可用率为 99.91%。系统 A 在本季度**稳定**运行，可用率为 99.91%。系统 A 在本季度**稳定**运行，可用率为 99.91%。系统 A 在本季度**稳定**运行，可用率为 99.91%。

- 第 1 周：处理请求 1234 次，失败 1 次
- 第 2 周：处理请求 2468 次，失败 2 次
- 第 3 周：处理请求 3702 次，失败 3 次
- 第 4 周：处理请求 4936 次，失败 4 次
- 第 5 周：处理请求 6170 次，失败 5 次
- 第 6 周：处理请求 7404 次，失败 6 次
- 第 7 周：处理请求 8638 次，失败 7 次
- 第 8 周：处理请求 9872 次，失败 8 次

## 2. 系统 B

系统 B 在本季度**稳定**运行，可用率为 99.92%。系统 B 在本季度**稳定**运行，可用率为 99.92%。系统 B 在本季度**稳定**运行，可用率为 99.92%。系统 B 在本季度**稳定**运行，可用率为 99.92%。系统 B 在本季度**稳定**运行，可用率为 99.92%。系统 B 在本季度**稳定**运行，可用率为 99.92%。

- 第 1 周：处理请求 1234 次，失败 1 次
- 第 2 周：处理请求 2468 次，失败 2 次
- 第 3 周：处理请求 3702 次，失败 3 次
- 第 4 周：处理请求 4936 次，失败 4 次
- 第 5 周：处理请求 6170 次，失败 5 次
- 第 6 周：处理请求 7404 次，失败 6 次
- 第 7 周：处理请求 8638 次，失败 7 次
- 第 8 周：处理请求 9872 次，失败 8 次

## 3. 系统 C

系统 C 在本季度**稳定**运行，可用率为 99.93%。系统 C 在本季度**稳定**运行，可用率为 99.93%。系统 C 在本季度**稳定**运行，可用率为 99.93%。系统 C 在本季度**稳定**运行，可用率为 99.93%。系统 C 在本季度**稳定**运行，可用率为 99.93%。系统 C 在本季度**稳定**运行，可用率为 99.93%。

- 第 1 周：处理请求 1234 次，失败 1 次
- 第 2 周：处理请求 2468 次，失败 2 次
- 第 3 周：处理请求 3702 次，失败 3 次
- 第 4 周：处理请求 4936 次，失败 4 次
- 第 5 周：处理请求 6170 次，失败 5 次
- 第 6 周：处理请求 7404 次，失败 6 次
- 第 7 周：处理请求 8638 次，失败 7 次
- 第 8 周：处理请求 9872 次，失败 8 次

## 4. 部署脚本

脚本如下：

```bash
#!/usr/bin/env bash
set -euo pipefail
echo "step 1: deploy host-001.example.internal" && ssh host-001 "systemctl restart dingbridge"
echo "step 2: deploy host-002.example.internal" && ssh host-002 "systemctl restart dingbridge"
echo "step 3: deploy host-003.example.internal" && ssh host-003 "systemctl restart dingbridge"
echo "step 4: deploy host-004.example.internal" && ssh host-004 "systemctl restart dingbridge"
echo "step 5: deploy host-005.example.internal" && ssh host-005 "systemctl restart dingbridge"
echo "step 6: deploy host-006.example.internal" && ssh host-006 "systemctl restart dingbridge"
echo "step 7: deploy host-007.example.internal" && ssh host-007 "systemctl restart dingbridge"
echo "step 8: deploy host-008.example.internal" && ssh host-008 "systemctl restart dingbridge"
echo "step 9: deploy host-009.example.internal" && ssh host-009 "systemctl restart dingbridge"
echo "step 10: deploy host-010.example.internal" && ssh host-010 "systemctl restart dingbridge"

echo "step 11: deploy host-011.example.internal" && ssh host-011 "systemctl restart dingbridge"
echo "step 12: deploy host-012.example.internal" && ssh host-012 "systemctl restart dingbridge"
echo "step 13: deploy host-013.example.internal" && ssh host-013 "systemctl restart dingbridge"
echo "step 14: deploy host-014.example.internal" && ssh host-014 "systemctl restart dingbridge"
echo "step 15: deploy host-015.example.internal" && ssh host-015 "systemctl restart dingbridge"
echo "step 16: deploy host-016.example.internal" && ssh host-016 "systemctl restart dingbridge"
echo "step 17: deploy host-017.example.internal" && ssh host-017 "systemctl restart dingbridge"
echo "step 18: deploy host-018.example.internal" && ssh host-018 "systemctl restart dingbridge"
echo "step 19: deploy host-019.example.internal" && ssh host-019 "systemctl restart dingbridge"
echo "step 20: deploy host-020.example.internal" && ssh host-020 "systemctl restart dingbridge"
```
===== (2/5) echo "step 21: deplo
```bash
echo "step 21: deploy host-021.example.internal" && ssh host-021 "systemctl restart dingbridge"
echo "step 22: deploy host-022.example.internal" && ssh host-022 "systemctl restart dingbridge"
echo "step 23: deploy host-023.example.internal" && ssh host-023 "systemctl restart dingbridge"
echo "step 24: deploy host-024.example.internal" && ssh host-024 "systemctl restart dingbridge"
echo "step 25: deploy host-025.example.internal" && ssh host-025 "systemctl restart dingbridge"
echo "step 26: deploy host-026.example.internal" && ssh host-026 "systemctl restart dingbridge"
echo "step 27: deploy host-027.example.internal" && ssh host-027 "systemctl restart dingbridge"
echo "step 28: deploy host-028.example.internal" && ssh host-028 "systemctl restart dingbridge"
echo "step 29: deploy host-029.example.internal" && ssh host-029 "systemctl restart dingbridge"
echo "step 30: deploy host-030.example.internal" && ssh host-030 "systemctl restart dingbridge"

echo "step 31: deploy host-031.example.internal" && ssh host-031 "systemctl restart dingbridge"
echo "step 32: deploy host-032.example.internal" && ssh host-032 "systemctl restart dingbridge"
echo "step 33: deploy host-033.example.internal" && ssh host-033 "systemctl restart dingbridge"
echo "step 34: deploy host-034.example.internal" && ssh host-034 "systemctl restart dingbridge"
echo "step 35: deploy host-035.example.internal" && ssh host-035 "systemctl restart dingbridge"
echo "step 36: deploy host-036.example.internal" && ssh host-036 "systemctl restart dingbridge"
echo "step 37: deploy host-037.example.internal" && ssh host-037 "systemctl restart dingbridge"
echo "step 38: deploy host-038.example.internal" && ssh host-038 "systemctl restart dingbridge"
echo "step 39: deploy host-039.example.internal" && ssh host-039 "systemctl restart dingbridge"
echo "step 40: deploy host-040.example.internal" && ssh host-040 "systemctl restart dingbridge"

echo "step 41: deploy host-041.example.internal" && ssh host-041 "systemctl restart dingbridge"
echo "step 42: deploy host-042.example.internal" && ssh host-042 "systemctl restart dingbridge"
echo "step 43: deploy host-043.example.internal" && ssh host-043 "systemctl restart dingbridge"
echo "step 44: deploy host-044.example.internal" && ssh host-044 "systemctl restart dingbridge"
echo "step 45: deploy host-045.example.internal" && ssh host-045 "systemctl restart dingbridge"
echo "step 46: deploy host-046.example.internal" && ssh host-046 "systemctl restart dingbridge"
echo "step 47: deploy host-047.example.internal" && ssh host-047 "systemctl restart dingbridge"
echo "step 48: deploy host-048.example.internal" && ssh host-048 "systemctl restart dingbridge"
echo "step 49: deploy host-049.example.internal" && ssh host-049 "systemctl restart dingbridge"
echo "step 50: deploy host-050.example.internal" && ssh host-050 "systemctl restart dingbridge"
```
===== (3/5) echo "step 51: deplo
```bash
echo "step 51: deploy host-051.example.internal" && ssh host-051 "systemctl restart dingbridge"
echo "step 52: deploy host-052.example.internal" && ssh host-052 "systemctl restart dingbridge"
echo "step 53: deploy host-053.example.internal" && ssh host-053 "systemctl restart dingbridge"
echo "step 54: deploy host-054.example.internal" && ssh host-054 "systemctl restart dingbridge"
echo "step 55: deploy host-055.example.internal" && ssh host-055 "systemctl restart dingbridge"
echo "step 56: deploy host-056.example.internal" && ssh host-056 "systemctl restart dingbridge"
echo "step 57: deploy host-057.example.internal" && ssh host-057 "systemctl restart dingbridge"
echo "step 58: deploy host-058.example.internal" && ssh host-058 "systemctl restart dingbridge"
echo "step 59: deploy host-059.example.internal" && ssh host-059 "systemctl restart dingbridge"
echo "step 60: deploy host-060.example.internal" && ssh host-060 "systemctl restart dingbridge"
```

## 5. 明细

| 主机 | 请求数 | 平均延迟 | 备注 |
| --- | ---: | ---: | --- |
| host-001 | 977 | 4 ms | 第 1 台，运行正常，无需处理 |
| host-002 | 1954 | 5 ms | 第 2 台，运行正常，无需处理 |
| host-003 | 2931 | 6 ms | 第 3 台，运行正常，无需处理 |
| host-004 | 3908 | 7 ms | 第 4 台，运行正常，无需处理 |
| host-005 | 4885 | 8 ms | 第 5 台，运行正常，无需处理 |
| host-006 | 5862 | 9 ms | 第 6 台，运行正常，无需处理 |
| host-007 | 6839 | 10 ms | 第 7 台，运行正常，无需处理 |
| host-008 | 7816 | 11 ms | 第 8 台，运行正常，无需处理 |
| host-009 | 8793 | 12 ms | 第 9 台，运行正常，无需处理 |
| host-010 | 9770 | 13 ms | 第 10 台，运行正常，无需处理 |
| host-011 | 10747 | 14 ms | 第 11 台，运行正常，无需处理 |
| host-012 | 11724 | 15 ms | 第 12 台，运行正常，无需处理 |
| host-013 | 12701 | 16 ms | 第 13 台，运行正常，无需处理 |
| host-014 | 13678 | 17 ms | 第 14 台，运行正常，无需处理 |
| host-015 | 14655 | 18 ms | 第 15 台，运行正常，无需处理 |
| host-016 | 15632 | 19 ms | 第 16 台，运行正常，无需处理 |
| host-017 | 16609 | 20 ms | 第 17 台，运行正常，无需处理 |
| host-018 | 17586 | 21 ms | 第 18 台，运行正常，无需处理 |
| host-019 | 18563 | 22 ms | 第 19 台，运行正常，无需处理 |
| host-020 | 19540 | 23 ms | 第 20 台，运行正常，无需处理 |
| host-021 | 20517 | 24 ms | 第 21 台，运行正常，无需处理 |
| host-022 | 21494 | 25 ms | 第 22 台，运行正常，无需处理 |
| host-023 | 22471 | 26 ms | 第 23 台，运行正常，无需处理 |
| host-024 | 23448 | 27 ms | 第 24 台，运行正常，无需处理 |
| host-025 | 24425 | 28 ms | 第 25 台，运行正常，无需处理 |
| host-026 | 25402 | 29 ms | 第 26 台，运行正常，无需处理 |
| host-027 | 26379 | 30 ms | 第 27 台，运行正常，无需处理 |
| host-028 | 27356 | 31 ms | 第 28 台，运行正常，无需处理 |
| host-029 | 28333 | 32 ms | 第 29 台，运行正常，无需处理 |
| host-030 | 29310 | 33 ms | 第 30 台，运行正常，无需处理 |
| host-031 | 30287 | 34 ms | 第 31 台，运行正常，无需处理 |
| host-032 | 31264 | 35 ms | 第 32 台，运行正常，无需处理 |
| host-033 | 32241 | 36 ms | 第 33 台，运行正常，无需处理 |
| host-034 | 33218 | 37 ms | 第 34 台，运行正常，无需处理 |
| host-035 | 34195 | 38 ms | 第 35 台，运行正常，无需处理 |
| host-036 | 35172 | 39 ms | 第 36 台，运行正常，无需处理 |
| host-037 | 36149 | 40 ms | 第 37 台，运行正常，无需处理 |
| host-038 | 37126 | 41 ms | 第 38 台，运行正常，无需处理 |
| host-039 | 38103 | 42 ms | 第 39 台，运行正常，无需处理 |
| host-040 | 39080 | 43 ms | 第 40 台，运行正常，无需处理 |
| host-041 | 40057 | 44 ms | 第 41 台，运行正常，无需处理 |
| host-042 | 41034 | 45 ms | 第 42 台，运行正常，无需处理 |
| host-043 | 42011 | 46 ms | 第 43 台，运行正常，无需处理 |
| host-044 | 42988 | 47 ms | 第 44 台，运行正常，无需处理 |
| host-045 | 43965 | 48 ms | 第 45 台，运行正常，无需处理 |
| host-046 | 44942 | 49 ms | 第 46 台，运行正常，无需处理 |
| host-047 | 45919 | 50 ms | 第 47 台，运行正常，无需处理 |
| host-048 | 46896 | 51 ms | 第 48 台，运行正常，无需处理 |
| host-049 | 47873 | 52 ms | 第 49 台，运行正常，无需处理 |
| host-050 | 48850 | 3 ms | 第 50 台，运行正常，无需处理 |
| host-051 | 49827 | 4 ms | 第 51 台，运行正常，无需处理 |
===== (4/5) 主机 请求数 平均延迟 备注
| 主机 | 请求数 | 平均延迟 | 备注 |
| --- | ---: | ---: | --- |
| host-052 | 50804 | 5 ms | 第 52 台，运行正常，无需处理 |
| host-053 | 51781 | 6 ms | 第 53 台，运行正常，无需处理 |
| host-054 | 52758 | 7 ms | 第 54 台，运行正常，无需处理 |
| host-055 | 53735 | 8 ms | 第 55 台，运行正常，无需处理 |
| host-056 | 54712 | 9 ms | 第 56 台，运行正常，无需处理 |
| host-057 | 55689 | 10 ms | 第 57 台，运行正常，无需处理 |
| host-058 | 56666 | 11 ms | 第 58 台，运行正常，无需处理 |
| host-059 | 57643 | 12 ms | 第 59 台，运行正常，无需处理 |
| host-060 | 58620 | 13 ms | 第 60 台，运行正常，无需处理 |
| host-061 | 59597 | 14 ms | 第 61 台，运行正常，无需处理 |
| host-062 | 60574 | 15 ms | 第 62 台，运行正常，无需处理 |
| host-063 | 61551 | 16 ms | 第 63 台，运行正常，无需处理 |
| host-064 | 62528 | 17 ms | 第 64 台，运行正常，无需处理 |
| host-065 | 63505 | 18 ms | 第 65 台，运行正常，无需处理 |
| host-066 | 64482 | 19 ms | 第 66 台，运行正常，无需处理 |
| host-067 | 65459 | 20 ms | 第 67 台，运行正常，无需处理 |
| host-068 | 66436 | 21 ms | 第 68 台，运行正常，无需处理 |
| host-069 | 67413 | 22 ms | 第 69 台，运行正常，无需处理 |
| host-070 | 68390 | 23 ms | 第 70 台，运行正常，无需处理 |
| host-071 | 69367 | 24 ms | 第 71 台，运行正常，无需处理 |
| host-072 | 70344 | 25 ms | 第 72 台，运行正常，无需处理 |
| host-073 | 71321 | 26 ms | 第 73 台，运行正常，无需处理 |
| host-074 | 72298 | 27 ms | 第 74 台，运行正常，无需处理 |
| host-075 | 73275 | 28 ms | 第 75 台，运行正常，无需处理 |
| host-076 | 74252 | 29 ms | 第 76 台，运行正常，无需处理 |
| host-077 | 75229 | 30 ms | 第 77 台，运行正常，无需处理 |
| host-078 | 76206 | 31 ms | 第 78 台，运行正常，无需处理 |
| host-079 | 77183 | 32 ms | 第 79 台，运行正常，无需处理 |
| host-080 | 78160 | 33 ms | 第 80 台，运行正常，无需处理 |
| host-081 | 79137 | 34 ms | 第 81 台，运行正常，无需处理 |
| host-082 | 80114 | 35 ms | 第 82 台，运行正常，无需处理 |
| host-083 | 81091 | 36 ms | 第 83 台，运行正常，无需处理 |
| host-084 | 82068 | 37 ms | 第 84 台，运行正常，无需处理 |
| host-085 | 83045 | 38 ms | 第 85 台，运行正常，无需处理 |
| host-086 | 84022 | 39 ms | 第 86 台，运行正常，无需处理 |
| host-087 | 84999 | 40 ms | 第 87 台，运行正常，无需处理 |
| host-088 | 85976 | 41 ms | 第 88 台，运行正常，无需处理 |
| host-089 | 86953 | 42 ms | 第 89 台，运行正常，无需处理 |
| host-090 | 87930 | 43 ms | 第 90 台，运行正常，无需处理 |
| host-091 | 88907 | 44 ms | 第 91 台，运行正常，无需处理 |
| host-092 | 89884 | 45 ms | 第 92 台，运行正常，无需处理 |
| host-093 | 90861 | 46 ms | 第 93 台，运行正常，无需处理 |
| host-094 | 91838 | 47 ms | 第 94 台，运行正常，无需处理 |
| host-095 | 92815 | 48 ms | 第 95 台，运行正常，无需处理 |
| host-096 | 93792 | 49 ms | 第 96 台，运行正常，无需处理 |
| host-097 | 94769 | 50 ms | 第 97 台，运行正常，无需处理 |
| host-098 | 95746 | 51 ms | 第 98 台，运行正常，无需处理 |
| host-099 | 96723 | 52 ms | 第 99 台，运行正常，无需处理 |
| host-100 | 97700 | 3 ms | 第 100 台，运行正常，无需处理 |
| host-101 | 98677 | 4 ms | 第 101 台，运行正常，无需处理 |
| host-102 | 99654 | 5 ms | 第 102 台，运行正常，无需处理 |
| host-103 | 100631 | 6 ms | 第 103 台，运行正常，无需处理 |
| host-104 | 101608 | 7 ms | 第 104 台，运行正常，无需处理 |
| host-105 | 102585 | 8 ms | 第 105 台，运行正常，无需处理 |
| host-106 | 103562 | 9 ms | 第 106 台，运行正常，无需处理 |
| host-107 | 104539 | 10 ms | 第 107 台，运行正常，无需处理 |
| host-108 | 105516 | 11 ms | 第 108 台，运行正常，无需处理 |
| host-109 | 106493 | 12 ms | 第 109 台，运行正常，无需处理 |
| host-110 | 107470 | 13 ms | 第 110 台，运行正常，无需处理 |
| host-111 | 108447 | 14 ms | 第 111 台，运行正常，无需处理 |
| host-112 | 109424 | 15 ms | 第 112 台，运行正常，无需处理 |
| host-113 | 110401 | 16 ms | 第 113 台，运行正常，无需处理 |
| host-114 | 111378 | 17 ms | 第 114 台，运行正常，无需处理 |
| host-115 | 112355 | 18 ms | 第 115 台，运行正常，无需处理 |
| host-116 | 113332 | 19 ms | 第 116 台，运行正常，无需处理 |
| host-117 | 114309 | 20 ms | 第 117 台，运行正常，无需处理 |
| host-118 | 115286 | 21 ms | 第 118 台，运行正常，无需处理 |
| host-119 | 116263 | 22 ms | 第 119 台，运行正常，无需处理 |
| host-120 | 117240 | 23 ms | 第 120 台，运行正常，无需处理 |
===== (5/5) 6. 待办
## 6. 待办

1. 跟进事项 1：检查 host-001 的磁盘与日志，并在周会上同步。
2. 跟进事项 2：检查 host-002 的磁盘与日志，并在周会上同步。
3. 跟进事项 3：检查 host-003 的磁盘与日志，并在周会上同步。
4. 跟进事项 4：检查 host-004 的磁盘与日志，并在周会上同步。
5. 跟进事项 5：检查 host-005 的磁盘与日志，并在周会上同步。
6. 跟进事项 6：检查 host-006 的磁盘与日志，并在周会上同步。
7. 跟进事项 7：检查 host-007 的磁盘与日志，并在周会上同步。
8. 跟进事项 8：检查 host-008 的磁盘与日志，并在周会上同步。
9. 跟进事项 9：检查 host-009 的磁盘与日志，并在周会上同步。
10. 跟进事项 10：检查 host-010 的磁盘与日志，并在周会上同步。
11. 跟进事项 11：检查 host-011 的磁盘与日志，并在周会上同步。
12. 跟进事项 12：检查 host-012 的磁盘与日志，并在周会上同步。
13. 跟进事项 13：检查 host-013 的磁盘与日志，并在周会上同步。
14. 跟进事项 14：检查 host-014 的磁盘与日志，并在周会上同步。
15. 跟进事项 15：检查 host-015 的磁盘与日志，并在周会上同步。
16. 跟进事项 16：检查 host-016 的磁盘与日志，并在周会上同步。
17. 跟进事项 17：检查 host-017 的磁盘与日志，并在周会上同步。
18. 跟进事项 18：检查 host-018 的磁盘与日志，并在周会上同步。
19. 跟进事项 19：检查 host-019 的磁盘与日志，并在周会上同步。
20. 跟进事项 20：检查 host-020 的磁盘与日志，并在周会上同步。
21. 跟进事项 21：检查 host-021 的磁盘与日志，并在周会上同步。
22. 跟进事项 22：检查 host-022 的磁盘与日志，并在周会上同步。
23. 跟进事项 23：检查 host-023 的磁盘与日志，并在周会上同步。
24. 跟进事项 24：检查 host-024 的磁盘与日志，并在周会上同步。
25. 跟进事项 25：检查 host-025 的磁盘与日志，并在周会上同步。
26. 跟进事项 26：检查 host-026 的磁盘与日志，并在周会上同步。
27. 跟进事项 27：检查 host-027 的磁盘与日志，并在周会上同步。
28. 跟进事项 28：检查 host-028 的磁盘与日志，并在周会上同步。
29. 跟进事项 29：检查 host-029 的磁盘与日志，并在周会上同步。
30. 跟进事项 30：检查 host-030 的磁盘与日志，并在周会上同步。
31. 跟进事项 31：检查 host-031 的磁盘与日志，并在周会上同步。
32. 跟进事项 32：检查 host-032 的磁盘与日志，并在周会上同步。
33. 跟进事项 33：检查 host-033 的磁盘与日志，并在周会上同步。
34. 跟进事项 34：检查 host-034 的磁盘与日志，并在周会上同步。
35. 跟进事项 35：检查 host-035 的磁盘与日志，并在周会上同步。
36. 跟进事项 36：检查 host-036 的磁盘与日志，并在周会上同步。
37. 跟进事项 37：检查 host-037 的磁盘与日志，并在周会上同步。
38. 跟进事项 38：检查 host-038 的磁盘与日志，并在周会上同步。
39. 跟进事项 39：检查 host-039 的磁盘与日志，并在周会上同步。
40. 跟进事项 40：检查 host-040 的磁盘与日志，并在周会上同步。
